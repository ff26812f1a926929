#!/usr/bin/env node
// Writes the formula for Homebrew and the manifest for Scoop, from one description and the sums of the archives.
//
//     node tools/formulas.js URL SHA256SUMS OUT
//
// URL is the folder with the archives, lua-store-VERSION-TARGET.tar.gz and .zip. Writes OUT/lua-store.rb and OUT/lua-store.json; a system
// that has no archive is left out and named.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const [url, sums, out] = process.argv.slice(2);
if (!out || !/^https:\/\/[^\s"#?\\]+$/.test(url)) {
  process.stderr.write('usage: node tools/formulas.js https://HOST/FOLDER SHA256SUMS OUT\n');
  process.exit(2);
}
const top = path.join(__dirname, '..');
const cargo = fs.readFileSync(path.join(top, 'Cargo.toml'), 'utf8');
const field = (name) => new RegExp(`^${name} = "(.*)"$`, 'm').exec(cargo)[1];
const version = field('version');
// At most 80 characters, without an article at the beginning, as Homebrew wants it.
const description = field('description').replace(/^A /, '').split(':')[0];
const summary = description[0].toUpperCase() + description.slice(1);
const base = url.replace(/\/+$/, '');
const homepage = base.replace(/\/releases\/.*/, '');

const archives = new Map();
for (const line of fs.readFileSync(sums, 'utf8').split('\n')) {
  const found = /^([0-9a-f]{64}) [ *]lua-store-(.+?)-((?:x86_64|aarch64)-.*)\.(?:tar\.gz|zip)$/.exec(line);
  if (found && found[2] === version) archives.set(found[3], { url: `${base}/${line.slice(66)}`, sha256: found[1] });
}
const of = (target) => {
  if (!archives.has(target)) process.stderr.write(`left out: there is no archive of ${version} for ${target}\n`);
  return archives.get(target);
};

function formula() {
  const systems = [
    ['macos', 'arm', of('aarch64-apple-darwin')],
    ['macos', 'intel', of('x86_64-apple-darwin')],
    ['linux', 'arm', of('aarch64-unknown-linux-musl')],
    ['linux', 'intel', of('x86_64-unknown-linux-musl')],
  ].filter(([, , archive]) => archive);
  const block = (system) => {
    const cpus = systems.filter(([name]) => name === system);
    const lines = cpus.map(([, cpu, archive]) => `    on_${cpu} do\n      url "${archive.url}"\n      sha256 "${archive.sha256}"\n    end\n`);
    return lines.length ? `\n  on_${system} do\n${lines.join('')}  end\n` : '';
  };
  return `class LuaStore < Formula
  desc "${summary}"
  homepage "${homepage}"
  version "${version}"
  license any_of: ["MIT", "Apache-2.0"]
${block('macos')}${block('linux')}
  def install
    bin.install "lua-store"
    man1.install Dir["man/*.1"]
    bash_completion.install "completions/lua-store.bash" => "lua-store"
    zsh_completion.install "completions/_lua-store"
    fish_completion.install "completions/lua-store.fish"
  end

  test do
    assert_equal "lua-store #{version}", shell_output("#{bin}/lua-store --version").strip
    system bin/"lua-store", "demo"
  end
end
`;
}

function manifest(archive) {
  const folder = `lua-store-${version}-${target}`;
  return {
    version,
    description: summary,
    homepage,
    license: 'MIT|Apache-2.0',
    architecture: { '64bit': { url: archive.url, hash: archive.sha256, extract_dir: folder } },
    bin: 'lua-store.exe',
  };
}

fs.mkdirSync(out, { recursive: true });
const target = [...archives.keys()].find((name) => name.startsWith('x86_64-pc-windows-')) ?? 'x86_64-pc-windows-msvc';
const windows = of(target);
const text = formula();
if (text.includes('url "')) fs.writeFileSync(path.join(out, 'lua-store.rb'), text);
if (windows) fs.writeFileSync(path.join(out, 'lua-store.json'), JSON.stringify(manifest(windows), null, 4) + '\n');

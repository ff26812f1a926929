#!/usr/bin/env node
// Packs `lua-store` for npm: one package with the launcher, and one for each platform with its binary.
//
//     node tools/npm/pack.js OUT linux-x64=PATH linux-arm64=PATH darwin-x64=PATH darwin-arm64=PATH win32-x64=PATH
//
// Writes OUT/NAME-VERSION.tgz and OUT/SHA256SUMS. The launcher names exactly the platforms that are given.
'use strict';

const { execFileSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64'];
const top = path.join(__dirname, '..', '..');

function fail(message) {
  process.stderr.write(`Error: ${message}\n`);
  process.exit(1);
}

const [out, ...given] = process.argv.slice(2);
if (!out || given.length === 0) fail('usage: node tools/npm/pack.js OUT PLATFORM=BINARY…');
const binaries = new Map();
for (const argument of given) {
  const at = argument.indexOf('=');
  const platform = argument.slice(0, at);
  if (!PLATFORMS.includes(platform)) fail(`"${platform}" is not a platform: ${PLATFORMS.join(', ')}`);
  const file = argument.slice(at + 1);
  if (!fs.existsSync(file) || fs.statSync(file).size === 0) fail(`there is no binary "${file}"`);
  binaries.set(platform, file);
}

const cargo = fs.readFileSync(path.join(top, 'Cargo.toml'), 'utf8');
const field = (name) => new RegExp(`^${name} = "(.*)"$`, 'm').exec(cargo)[1];
const common = {
  version: field('version'),
  description: field('description'),
  license: field('license'),
};
const licences = ['LICENSE-APACHE', 'LICENSE-MIT'];
const staging = fs.mkdtempSync(path.join(fs.realpathSync(require('node:os').tmpdir()), 'lua-store-npm-'));

// The folder of a package, with the licences. Returns its path.
function stage(name, manifest, files) {
  const folder = path.join(staging, name.replace('/', '-').replace('@', ''));
  for (const [to, from, mode] of files) {
    const file = path.join(folder, to);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.copyFileSync(from, file);
    fs.chmodSync(file, mode);
  }
  for (const licence of licences) fs.copyFileSync(path.join(top, licence), path.join(folder, licence));
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name, ...common, ...manifest }, null, 2) + '\n');
  return folder;
}

const folders = [];
const optionalDependencies = {};
for (const [platform, binary] of binaries) {
  const [system, cpu] = platform.split('-');
  const name = `@lua-store/${platform}`;
  const file = system === 'win32' ? 'bin/lua-store.exe' : 'bin/lua-store';
  const bytes = fs.readFileSync(binary);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  // Static on Linux, so that it needs no entry for the C library. `preferUnplugged`: an archive cannot be run.
  const manifest = { os: [system], cpu: [cpu], preferUnplugged: true, luaStore: { path: file, size: bytes.length, sha256 } };
  folders.push(stage(name, manifest, [[file, binary, 0o755], ['THIRD-PARTY.md', path.join(top, 'THIRD-PARTY.md'), 0o644]]));
  optionalDependencies[name] = common.version;
}
const launcher = path.join(__dirname, 'lua-store.js');
const manifest = { bin: { 'lua-store': 'bin/lua-store.js' }, engines: { node: '>=18' }, optionalDependencies };
const readme = path.join(__dirname, 'README.md');
folders.push(stage('lua-store', manifest, [['bin/lua-store.js', launcher, 0o755], ['README.md', readme, 0o644]]));

fs.mkdirSync(out, { recursive: true });
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const sums = folders.map((folder) => {
  const packed = execFileSync(npm, ['pack', '--json', '--ignore-scripts', '--pack-destination', path.resolve(out), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
    shell: process.platform === 'win32',
  });
  const { filename, size } = JSON.parse(packed)[0];
  const name = filename.replace('@', '').replace('/', '-');
  process.stdout.write(`${name} ${size}\n`);
  return `${createHash('sha256').update(fs.readFileSync(path.join(out, name))).digest('hex')}  ${name}\n`;
});
fs.writeFileSync(path.join(out, 'SHA256SUMS'), sums.join(''));
fs.rmSync(staging, { recursive: true });

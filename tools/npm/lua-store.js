#!/usr/bin/env node
// Starts the program of this platform, which is in a package of its own. No script runs at the installation.
'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const own = require('../package.json');

function fail(what, hint) {
  process.stderr.write(`Error: ${what}\nhint: ${hint}\n`);
  process.exit(1);
}

const platform = `${process.platform}-${process.arch}`;
const packages = Object.keys(own.optionalDependencies);
const wanted = packages.find((name) => name.endsWith(`/${platform}`));
if (!wanted) {
  const known = packages.map((name) => name.split('/')[1]).join(', ');
  fail(`lua-store has no package for ${platform} (it has: ${known})`, 'build it from its sources: `cargo install --locked --path .` in a checkout');
}

function reinstall(options) {
  return `run \`npm install${options} lua-store@${own.version}\` (or the same command of your package manager), then try again`;
}

let manifest;
try {
  manifest = require.resolve(`${wanted}/package.json`);
} catch {
  fail(
    `the package "${wanted}" of this platform is not installed: optional packages were left out, or node_modules is that of another system`,
    reinstall(' --include=optional'),
  );
}

const { version, luaStore } = JSON.parse(fs.readFileSync(manifest, 'utf8'));
const damaged = (why) => fail(`the package "${wanted}" is damaged: ${why}`, reinstall(' --force'));
if (version !== own.version) {
  fail(`the package "${wanted}" is of version ${version}, and lua-store of ${own.version}`, reinstall(''));
}
const binary = path.join(path.dirname(manifest), luaStore.path);
const found = fs.statSync(binary, { throwIfNoEntry: false });
if (!found) damaged(`"${binary}" is missing`);
if (found.size !== luaStore.size) damaged(`"${binary}" has ${found.size} bytes instead of ${luaStore.size}`);

const sha256 = () => require('node:crypto').createHash('sha256').update(fs.readFileSync(binary)).digest('hex');

// npm and yarn link a command to this file, and the system starts node for it. With the program itself in the place of
// this file every later start is without node. Others call node by name, so that the file must stay a script: then the
// path of the command is no link. In a folder that cannot be written, everything stays as it is.
function replaceByProgram() {
  if (process.platform === 'win32' || !fs.lstatSync(process.argv[1]).isSymbolicLink()) return;
  if (sha256() !== luaStore.sha256) damaged(`the SHA-256 of "${binary}" is ${sha256()}`);
  const temporary = path.join(__dirname, `.lua-store-${process.pid}`);
  try {
    fs.rmSync(temporary, { force: true });
    fs.linkSync(binary, temporary);
    fs.renameSync(temporary, __filename);
  } catch {
    fs.rmSync(temporary, { force: true });
  }
}

try {
  replaceByProgram();
} catch {
  // The program runs all the same.
}

// Signals of the terminal reach the program too; it ends first, and this process with the same signal.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
const ended = spawnSync(binary, process.argv.slice(2), { stdio: 'inherit' });
const crashes = ['SIGSEGV', 'SIGILL', 'SIGBUS'];
if (crashes.includes(ended.signal) && sha256() !== luaStore.sha256) damaged(`the SHA-256 of "${binary}" is ${sha256()}`);
// The file is there, but not the dynamic linker that it names.
if (ended.error?.code === 'ENOENT') {
  fail(`the program in "${wanted}" is for another C library than that of this system`, `the published packages need no C library: ${reinstall(' --force')}`);
}
if (ended.error) damaged(`"${binary}" cannot be started (${ended.error.code})`);
if (ended.signal) {
  process.removeAllListeners(ended.signal);
  process.kill(process.pid, ended.signal);
}
process.exitCode = ended.status ?? 128 + (os.constants.signals[ended.signal] ?? 0);

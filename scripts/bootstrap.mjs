// `npm start` and `npm test` begin here, on any Node ≥ 20: installs what is missing, then goes on with the pinned Node.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pinnedNode, root, run } from './pinnedNode.mjs';

const stampFile = join(root, 'node_modules/.brew-installed');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Changes whenever an install would: the lock file, the settings, the patches and the manifest that pins pnpm. */
function fingerprint() {
  const patches = readdirSync(join(root, 'patches')).map((file) => join('patches', file));
  const hash = createHash('sha256');
  for (const file of ['package.json', 'pnpm-workspace.yaml', 'pnpm-lock.yaml', ...patches.sort()]) {
    hash.update(file).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

function installed() {
  return existsSync(pinnedNode) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === fingerprint();
}

async function install() {
  const started = Date.now();
  console.log(`Installing packages with ${manifest.packageManager} (the first time takes a minute) …`);
  const args = ['--yes', manifest.packageManager, 'install', '--frozen-lockfile', '--reporter=append-only'];
  const code = await run('npx', args);
  if (code !== 0) {
    console.error(
      `\nInstalling packages failed (exit ${code}). Check the network and the lines above, then run the same command again.`,
    );
    process.exit(code);
  }
  writeFileSync(stampFile, fingerprint());
  console.log(`✔ install ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

if (Number(process.versions.node.split('.')[0]) < 20) {
  console.error(
    `Brew needs Node 20 or newer to start; this is ${process.version}. Install a current Node and run it again.`,
  );
  process.exit(1);
}
if (!installed()) await install();

process.exit(await run(pinnedNode, process.argv.slice(2)));

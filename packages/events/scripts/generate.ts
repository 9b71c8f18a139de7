import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { render } from './render.ts';
import { runCommand } from './runCommand.ts';
import { readSchemas } from './schemaFiles.ts';

const HELP = `Writes src/generated/ (TypeScript types, event constants, schema objects) from schemas/.

Usage: generate.ts [--check]

  --check   write nothing; exit 1 when the committed files are not what the schemas say
  --help    show this

Examples:
  npm run generate                  after a change of an .avsc file
  npm run generate -- --check       in CI: has somebody forgotten to?
`;

const folder = fileURLToPath(new URL('../src/generated/', import.meta.url));

runCommand(HELP, ['check'], ({ check }) => {
  const files = Object.entries(render(readSchemas()));
  const changed = files.filter(([name, text]) => current(name) !== text);
  if (check) {
    if (changed.length === 0) return 'The generated files are what the schemas say.';
    const names = changed.map(([name]) => `src/generated/${name}`).join(' and ');
    throw new Error(`The schemas and ${names} differ. Run: npm run generate`);
  }
  for (const [name, text] of changed) {
    mkdirSync(dirname(folder + name), { recursive: true });
    writeFileSync(folder + name, text);
  }
  return changed.length === 0
    ? 'Nothing had changed.'
    : `Wrote ${changed.map(([name]) => name).join(' and ')}.`;
});

function current(name: string): string | undefined {
  try {
    return readFileSync(folder + name, 'utf8');
  } catch {
    return undefined;
  }
}

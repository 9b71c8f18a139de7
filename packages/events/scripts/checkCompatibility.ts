import { constants, copyFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { incompatibilities } from './compatibility.ts';
import { runCommand } from './runCommand.ts';
import { type EventSchema, readSchemas, releasedPath, schemaFolder, schemaPath } from './schemaFiles.ts';

const HELP = `Checks every schema against all of its released versions, without a registry.

Usage: checkCompatibility.ts [--release]

  --release   if all is well, keep each changed schema as its next released version
  --help      show this

Examples (in packages/events):
  node scripts/checkCompatibility.ts              after a change of an .avsc file
  node scripts/checkCompatibility.ts --release    before that change goes to production
`;

runCommand(HELP, ['release'], ({ release }) => {
  const events = readSchemas();
  const problems = events.flatMap(({ schema, released }) => incompatibilities(schema, released));
  if (problems.length > 0) {
    throw new Error(
      `${problems.join('\n')}\nA change that can't do without this needs a topic of a new version.`,
    );
  }
  const versions = events.reduce((sum, { released }) => sum + released.length, 0);
  const summary = `${events.length} events are compatible with all ${versions} released versions.`;
  if (!release) return summary;

  const kept = events
    .filter((event) => !isDeepStrictEqual(event.schema, event.released.at(-1)?.schema))
    .map(keep);
  return [summary, ...kept].join('\n');
});

/** Copies a schema as the next released version. */
function keep({ topic, name, released }: EventSchema): string {
  const version = released.length + 1;
  const path = releasedPath(schemaFolder, topic.name, name, version);
  mkdirSync(dirname(path), { recursive: true });
  copyFileSync(schemaPath(schemaFolder, topic.name, name), path, constants.COPYFILE_EXCL);
  return `Version ${version} of ${name} is released: ${path}`;
}

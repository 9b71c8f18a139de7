import { type Command, Option } from 'commander';
import { ArgumentInvalidError } from '../errors.ts';
import { parseAge, parseTypeOfAny, topicNamed } from '../options.ts';

// What several commands of the dead letters take, and say.

export const withSelection = (command: Command): Command =>
  command
    .argument('<group>', 'such as kitchen; or GROUP/ID')
    .argument('[ids...]', 'of its letters')
    .option('--all', 'all that wait')
    .option('--dry-run', 'say what would go, and do nothing')
    .option('--by <name>', 'who is kept as having done it (default: the name of your account)', (value) =>
      parseText(value, '--by', MOST_BY, 'Say who does this, such as --by ada.'),
    )
    .option('--json', 'one JSON object a line');

export const withFilter = (command: Command): Command =>
  command
    .addOption(new Option('--reason <reason>', 'only those').choices(Object.keys(REASONS)))
    .option('--topic <topic>', 'only of this topic, such as orders', topicNamed)
    .option('--type <event>', 'only of this type, such as OrderPlaced', parseTypeOfAny)
    .option('--key <key>', 'only of this key')
    .option('--error <text>', "only with this in the error's name, code or message")
    .option('--older-than <age>', 'only parked before that, such as 2h, 30d', (value) =>
      parseAge(value, '--older-than'),
    )
    .option('--newer-than <age>', 'only parked since then', (value) => parseAge(value, '--newer-than'));

/** What services take. */
const MOST_WHY = 1_000;
const MOST_BY = 200;

export function parseWhy(value: string): string {
  return parseText(value, '--why', MOST_WHY, "Say why, such as --why 'a test of last week'.");
}

function parseText(value: string, name: string, most: number, todo: string): string {
  if (value.trim() === '') throw new ArgumentInvalidError(`${name} is empty.`, todo);
  if (value.length <= most) return value;
  throw new ArgumentInvalidError(`${name} is longer than ${most} characters.`, 'Make it shorter.');
}

const REASONS = {
  failed: 'it can not be decoded, or its handler failed',
  key_parked: 'it came behind one that failed, of the same key in the same topic',
  unreadable: 'stands for records that nobody could read; it can not be redriven',
  deleted: 'stands for records that were deleted before they were read; it can not be redriven',
  foreign: 'somebody else wrote it into GROUP.dlq; it can not be redriven',
};

export const reasonsHelp = `\nReasons:\n${Object.entries(REASONS)
  .map(([reason, text]) => `  ${reason.padEnd(12)}${text}`)
  .join('\n')}\n`;

export const staffToken =
  '\n\nEnvironment:\n  STAFF_TOKEN   what the services were started with, if that is not sandbox-staff, as with npm start';

import { topics } from '@brew/events';
import { libraries } from '@brew/kafka';
import { services } from '@brew/sandbox';
import type { Command } from 'commander';

/** What may be typed behind `npx brew`. */
export interface CommandWords {
  /** `status`; of a subcommand with what it belongs to: `dlq list`. */
  name: string;
  description: string;
  /** Its flags, such as --json and -f. */
  flags: string[];
  /** Values of flags, by flag. Empty: whatever the user likes. */
  values: { flags: string[]; words: string[] }[];
  /** Values of its arguments. */
  words: string[];
}

const events = Object.values(topics).flatMap(({ events }) => [...events]);
const topicNames = [...Object.keys(topics), ...Object.values(topics).map(({ name }) => name)];

/** Values that are known without asking anybody: a Tab has to answer at once. */
const flagWords: Record<string, string[]> = {
  '--topic': topicNames,
  '--type': events,
  '--from': ['beginning', 'now'],
  '--client': [...libraries],
  '--kafka': ['combined', 'dedicated'],
  '--reason': ['failed', 'key_parked', 'unreadable', 'deleted', 'foreign'],
  '--node': ['kafka-1', 'kafka-2', 'kafka-3', 'controller-1', 'controller-2', 'controller-3'],
};
const groups: string[] = services.filter(({ name }) => name !== 'simulator').map(({ name }) => name);
const processes = [
  ...services.map(({ name }) => name),
  'kafka-1',
  'kafka-2',
  'kafka-3',
  'postgres',
  'registry',
];
const argumentWords: Record<string, string[]> = {
  'dlq list': groups,
  'dlq show': groups,
  'dlq redrive': groups,
  'dlq discard': groups,
  'dlq log': groups,
  topics: topicNames,
  consume: topicNames,
  produce: topicNames,
  groups,
  rewind: groups,
  logs: [...processes, 'supervisor'],
  start: processes,
  stop: processes,
  restart: processes,
};

/** Read off the program itself, so that a new command or flag is known at once. Subcommands come behind the command that they belong to. */
export const wordsOf = (program: Command): CommandWords[] =>
  program.commands.flatMap((command) => [
    wordsOfOne(command),
    ...command.commands.map((subcommand) => wordsOfOne(subcommand, command)),
  ]);

function wordsOfOne(command: Command, parent?: Command): CommandWords {
  const name = [...(parent ? [parent.name()] : []), command.name()].join(' ');
  const options = command.options.filter(({ hidden }) => !hidden);
  return {
    name,
    description: command.description(),
    flags: [...options.flatMap(flagsOf), '--help'],
    values: options
      .filter(({ required }) => required)
      .map((option) => ({
        flags: flagsOf(option),
        words: option.argChoices ?? flagWords[option.long ?? ''] ?? [],
      })),
    words: [
      ...command.commands.map((subcommand) => subcommand.name()),
      ...(command.registeredArguments[0]?.argChoices ?? argumentWords[name] ?? []),
    ],
  };
}

const flagsOf = ({ long, short }: Command['options'][number]): string[] =>
  [long, short].filter((flag): flag is string => flag != null);

import { topics } from '@brew/events';
import type { Command } from 'commander';

/** What may be typed behind `npx brew`. */
export interface CommandWords {
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
  '--kafka': ['combined', 'dedicated'],
  '--node': ['kafka-1', 'kafka-2', 'kafka-3', 'controller-1', 'controller-2', 'controller-3'],
};
const argumentWords: Record<string, string[]> = {
  topics: topicNames,
  consume: topicNames,
  produce: topicNames,
  groups: ['order', 'catalog', 'kitchen', 'courier', 'analytics'],
  logs: [
    'order',
    'catalog',
    'kitchen',
    'courier',
    'analytics',
    'simulator',
    'kafka-1',
    'kafka-2',
    'kafka-3',
    'postgres',
    'registry',
    'supervisor',
  ],
};

/** Read off the program itself, so that a new command or flag is known at once. */
export function wordsOf(program: Command): CommandWords[] {
  return program.commands.map((command) => {
    const options = command.options.filter(({ hidden }) => !hidden);
    return {
      name: command.name(),
      description: command.description(),
      flags: [...options.flatMap(flagsOf), '--help'],
      values: options
        .filter(({ required }) => required)
        .map((option) => ({
          flags: flagsOf(option),
          words: option.argChoices ?? flagWords[option.long ?? ''] ?? [],
        })),
      words: command.registeredArguments[0]?.argChoices ?? argumentWords[command.name()] ?? [],
    };
  });
}

const flagsOf = ({ long, short }: Command['options'][number]): string[] =>
  [long, short].filter((flag): flag is string => flag != null);

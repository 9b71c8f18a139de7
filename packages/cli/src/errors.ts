import { BrewError } from '@brew/events';
import { CommanderError } from 'commander';

/** The exit codes of every command; `brew COMMAND --help` names those that a command adds. */
export const exitCodes = {
  ok: 0,
  /** It did not work, or did not end well. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** `brew status`: nothing runs. */
  notRunning: 3,
} as const;

/** A flag or argument has a value that the command does not take. */
export class ArgumentInvalidError extends BrewError {
  /** @param what what is wrong, and @param todo what to do: one sentence each */
  constructor(what: string, todo: string) {
    super('BREW_ARGUMENT_INVALID', `${what} ${todo}`);
  }
}

/** A command needs a running Brew, and there is none. */
export class NotRunningError extends BrewError {
  constructor(dir: string) {
    super('BREW_NOT_RUNNING', `Brew is not running in ${dir}. Start it with: npm start`);
  }
}

/** Nobody knows how far a bridge was. Going on from the beginning would bring everything a second time. */
export class PositionLostError extends BrewError {
  constructor(target: string, group: string) {
    super(
      'BREW_POSITION_LOST',
      `${target} has records, but Kafka no longer knows how far ${group} was: it forgets that seven days after the last record. ` +
        `Delete ${target} to bridge everything anew, or set the offsets of ${group}.`,
    );
  }
}

/** Nobody listens at the addresses that --bootstrap names, or at those of Brew, of which all brokers are dead or frozen. */
export class ClusterUnreachableError extends BrewError {
  constructor(
    brokers: readonly string[],
    todo = 'Look whether it runs, and whether this machine can reach it.',
  ) {
    super('BREW_CLUSTER_UNREACHABLE', `No broker answers at ${brokers.join(' or ')}. ${todo}`);
  }
}

/** A database is to be read, and PostgreSQL does not hand it out. */
export class DatabaseUnreachableError extends BrewError {
  constructor(name: string, host: string, why: string, cause?: Error) {
    super(
      'BREW_DATABASE_UNAVAILABLE',
      `The database ${name} can not be read from PostgreSQL at ${host}: ${why}. See what runs with npx brew status.`,
      { cause },
    );
  }
}

/** Something is to be removed that is in use. */
export class StillRunningError extends BrewError {
  constructor(what: string, todo: string) {
    super('BREW_STILL_RUNNING', `${what} ${todo}`);
  }
}

/** A drill can't begin, or not go on: the cluster is not as it has to be for it. */
export class DrillRefusedError extends BrewError {
  constructor(message: string, cause?: unknown) {
    super('BREW_DRILL_REFUSED', message, { cause });
  }
}

/** A file that a command was given is not there, or not what it takes. */
export class FileUnreadableError extends BrewError {
  constructor(file: string, why: string) {
    super('BREW_FILE_UNREADABLE', `${file} can not be read: ${why}. Look at its name, and at what is in it.`);
  }
}

/** A service refused what a command asked of it, or did not answer. */
export class RequestFailedError extends BrewError {
  /** Of the answer, where there was one. */
  readonly status: number | undefined;
  /** What the service calls it, such as `TOO_LATE`. */
  readonly problemCode: string | undefined;

  constructor(message: string, cause?: unknown, status?: number, problemCode?: string) {
    super('BREW_REQUEST_REFUSED', message, { cause });
    this.status = status;
    this.problemCode = problemCode;
  }
}

/**
 * What the user reads of an error, and the exit code. Errors that were made for users are sentences already; of anything
 * else the first line is shown, and where to look. The stack is only shown when asked for.
 */
export function describeError(
  error: unknown,
  { verbose }: { verbose: boolean },
): { text: string; exitCode: number } {
  if (error instanceof CommanderError) return usage(error);
  const stack = verbose && error instanceof Error ? `\n\n${error.stack}${causes(error)}` : '';
  if (error instanceof BrewError) {
    const exitCode = error.code === 'BREW_ARGUMENT_INVALID' ? exitCodes.usage : exitCodes.failed;
    const todo = error.code === 'BREW_BROKER_UNAVAILABLE' ? ' See what runs with npx brew status.' : '';
    return { text: `brew: ${error.message}${todo}${stack}`, exitCode };
  }
  const message = error instanceof Error ? error.message : String(error);
  const hint = verbose ? '' : ' Run it again with --verbose to see where it happened.';
  return {
    text: `brew: Something unexpected went wrong: ${message}.${hint}${stack}`,
    exitCode: exitCodes.failed,
  };
}

/** commander's words, as two sentences; help and version are no errors. */
function usage({ message, exitCode, code }: CommanderError): { text: string; exitCode: number } {
  if (exitCode === 0 || code === 'commander.help') return { text: '', exitCode };
  const [first = '', ...rest] = message.replace(/^error: /, '').split('\n');
  const suggestion = rest.join(' ').replace(/^\((.*)\)$/, '$1');
  const sentence = `${first.charAt(0).toUpperCase()}${first.slice(1).replace(/\.$/, '')}.`;
  const todo = suggestion || 'Run it with --help to see what it takes.';
  return { text: `brew: ${sentence} ${todo}`, exitCode: exitCodes.usage };
}

function causes(error: Error): string {
  return error.cause instanceof Error ? `\nCaused by: ${error.cause.stack}${causes(error.cause)}` : '';
}

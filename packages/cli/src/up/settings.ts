import { freePorts, type KafkaMode, type Ports } from '@brew/sandbox';
import { libraryNamed } from '../byHand/chosenLibrary.ts';
import { ArgumentInvalidError } from '../errors.ts';
import { brewDir } from '../paths.ts';

/** The flags of `brew up`. */
export interface UpOptions {
  detach?: boolean;
  fresh?: boolean;
  rate: number;
  /** False with --no-simulator. */
  simulator: boolean;
  speed: number;
  kafka: KafkaMode;
  verbose?: boolean;
  /** Set for the process that a detached start leaves behind: it tells its parent what happens. */
  supervise?: boolean;
}

/** What a start needs to know. */
export interface UpSettings {
  dir: string;
  /** Undefined: those that the documentation names. */
  ports: Ports | undefined;
  rate: number;
  speed: number;
  kafka: KafkaMode;
  equalPriorities: boolean;
}

/** @throws ArgumentInvalidError when BREW_PORTS is something else than `free`, BREW_PRIORITIES than `equal`, or BREW_KAFKA_CLIENT than a library */
export async function readSettings(options: UpOptions, env: NodeJS.ProcessEnv): Promise<UpSettings> {
  const { BREW_PORTS, BREW_PRIORITIES, BREW_KAFKA_CLIENT } = env;
  if (BREW_PORTS && BREW_PORTS !== 'free') {
    throw new ArgumentInvalidError(`BREW_PORTS is ${BREW_PORTS}.`, 'Set it to free, or not at all.');
  }
  if (BREW_PRIORITIES && BREW_PRIORITIES !== 'equal') {
    throw new ArgumentInvalidError(
      `BREW_PRIORITIES is ${BREW_PRIORITIES}.`,
      'Set it to equal, or not at all.',
    );
  }
  // Services read it themselves, but not before all brokers are up.
  if (BREW_KAFKA_CLIENT) libraryNamed(BREW_KAFKA_CLIENT, 'BREW_KAFKA_CLIENT');
  return {
    dir: brewDir(env),
    ports: BREW_PORTS ? await freePorts() : undefined,
    // The simulator's process is also the payment provider, without which nothing is ever paid: only its customers go.
    rate: options.simulator ? options.rate : 0,
    speed: options.speed,
    kafka: options.kafka,
    equalPriorities: BREW_PRIORITIES === 'equal',
  };
}

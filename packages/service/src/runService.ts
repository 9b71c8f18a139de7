import { ConfigError } from './config/configError.ts';
import type { Service } from './createHttpService.ts';

/** 0: stopped as asked. 1: it failed. 78: the environment is wrong (EX_CONFIG of sysexits.h), so a restart won't help. */
const EXIT = { failed: 1, config: 78 } as const;
const SIGNAL_NUMBER = { SIGINT: 2, SIGTERM: 15 } as const;

/**
 * The life of a service's process: starts it, stops it on SIGTERM or SIGINT, and exits. A second signal ends it at
 * once. What nobody caught is logged and ends it with 1: after that nobody knows what state it is in.
 */
export async function runService(create: () => Service): Promise<void> {
  const service = createOrExit(create);
  const { log } = service;

  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error) => {
      log.fatal({ err: error }, event);
      process.exit(EXIT.failed);
    });
  }

  let asked = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (asked) process.exit(128 + SIGNAL_NUMBER[signal]);
      asked = true;
      log.info({ signal }, 'stopping');
      void service.stop().then(() => process.exit(0));
    });
  }

  try {
    await service.start();
    log.info({ url: service.url }, 'listening');
  } catch (error) {
    if (asked) return; // stopped while it started: the signal's handler ends the process
    log.fatal({ err: error }, 'could not start');
    process.exit(EXIT.failed);
  }
}

/** Before there is a service there is no logger: plain sentences for whoever set the environment. */
function createOrExit(create: () => Service): Service {
  try {
    return create();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(EXIT.config);
  }
}

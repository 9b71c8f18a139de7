import { cpus, totalmem } from 'node:os';

/** What the machine is, in words: without that, numbers say little. */
export const machine = (): string =>
  `${cpus().length} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, ${cpus()[0]?.model.trim()}`;

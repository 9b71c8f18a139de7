import { rm } from 'node:fs/promises';
import { type KafkaMode, removeData, stopRun } from '@brew/sandbox';
import { runVariable, systemVariable, temporaryFolder } from '@brew/sandbox/testing';
import { brewIn } from './cli.ts';

/** How many times faster than life drinks are made and brought. */
export const SPEED = 300;

/**
 * Starts the system that all tests of a project run on, as `npm start` does, without customers: whoever orders, pays. What is unpaid for too
 * long is cancelled, also when that is because of an outage; here that is longer than any test takes.
 */
export async function startSystem(kafka: KafkaMode): Promise<void> {
  console.log(`\nStarting a whole system with ${kafka} nodes …`);
  const dir = await temporaryFolder('brew-e2e');
  const env = {
    DECLINE_RATE: '0',
    LATE_RATE: '0',
    SILENT_RATE: '0',
    PAYMENT_TIMEOUT_SECONDS: '1800',
    // Others are tested beside it: as long as one of them starts, brokers that come behind would hardly get on.
    BREW_PRIORITIES: 'equal',
    // The truck comes on another day: it would fill the shelves on which tests count what was sold.
    TRUCK_ROUND_SECONDS: '86400',
  };
  const up = ['up', '--detach', '--no-simulator', '--speed', String(SPEED), '--kafka', kafka];
  const { code, stdout, stderr } = await brewIn(dir, env)(...up);
  if (code !== 0) throw new Error(`brew ${up.join(' ')} failed:\n${stdout}${stderr}`);
  process.env[systemVariable] = dir;
}

/** Ends it at once: how a system stops in order is for other tests. */
export async function endSystem(): Promise<void> {
  const dir = process.env[systemVariable];
  if (!dir) return;
  await stopRun(dir, { now: true });
  // A run removes all of its files, or keeps them for what the logs tell.
  if (process.env[runVariable]) return;
  await removeData(dir);
  await rm(dir, { recursive: true, force: true });
}

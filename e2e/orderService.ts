import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { defaultCacheDir, layout, serviceSpec, services } from '@brew/sandbox';
import type { Brew } from './brew.ts';
import { SPEED } from './startSystem.ts';

/** An order-service in the place of the system's own. */
export interface OrderService {
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again; resolves when it is ready. */
  start(): Promise<void>;
  /** Ends it, and starts the system's own again. */
  end(): Promise<void>;
}

/** Ends the system's order-service, and runs one with other settings at the same address. */
export async function replaceOrderService(brew: Brew, env: Record<string, string>): Promise<OrderService> {
  const declaration = services.find(({ name }) => name === 'order');
  if (!declaration) throw new Error('There is no order-service.');
  const { command, args, ...rest } = serviceSpec(
    declaration,
    { ports: brew.ports, cacheDir: defaultCacheDir },
    { speed: SPEED, env },
  );
  const log = openSync(join(layout(brew.dir).logs, 'order-replaced.log'), 'a');
  let child: ChildProcess;

  const service: OrderService = {
    async start() {
      child = spawn(command, args, { cwd: rest.cwd, env: rest.env, stdio: ['ignore', log, log] });
      await brew.until('order-service to be ready', async () => (await brew.health('order')).status === 200);
    },
    async kill(signal = 'SIGKILL') {
      const gone = once(child, 'close');
      child.kill(signal);
      await gone;
    },
    async end() {
      await service.kill('SIGTERM');
      await brew.start('order');
    },
  };
  await brew.kill('order', 'SIGTERM');
  await service.start();
  return service;
}

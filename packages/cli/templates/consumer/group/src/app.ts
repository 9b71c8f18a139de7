import { createService, type Service } from '@brew/service';
import type { LoyaltyConfig } from './config.ts';
import { onOrderPlaced } from './consumers/onOrderPlaced.ts';
import { getSeen } from './http/getSeen.ts';

/** The service, put together. Nothing runs before `start()`. */
export const createApp = (config: LoyaltyConfig): Service =>
  createService({
    name: 'loyalty',
    config,
    migrations: new URL('./store/migrations/', import.meta.url),
    emits: [],
    handlers: [onOrderPlaced],
    from: 'beginning',
    routes: (context) => [getSeen(context)],
  });

import { createService, type Service } from '@brew/service';
import type { LoyaltyConfig } from './config.ts';
import { getSeen } from './http/getSeen.ts';
import { project } from './projection/project.ts';

/** The service, put together. Nothing runs before `start()`. */
export const createApp = (config: LoyaltyConfig): Service =>
  createService({
    name: 'loyalty',
    config,
    migrations: new URL('./store/migrations/', import.meta.url),
    emits: [],
    routes: (context) => [getSeen(context)],
    parts: (context) => [project(context)],
  });

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
    // It notes what it sees of a key whatever became of what came before, so nothing has to wait behind a dead letter.
    parksKeys: false,
    insteadOfRedrive: 'Rebuild it, as its README says, then discard the letters.',
    routes: (context) => [getSeen(context)],
    parts: (context) => [project(context)],
  });

import { createService, type Service } from '@brew/service';
import type { LoyaltyConfig } from './config.ts';
import { followEvents } from './consumers/followEvents.ts';
import { getSeen } from './http/getSeen.ts';
import { createSeen } from './store/seen.ts';

/** The service, put together. Nothing runs before `start()`. */
export function createApp(config: LoyaltyConfig): Service {
  const seen = createSeen();

  return createService({
    name: 'loyalty',
    config,
    emits: [],
    routes: () => [getSeen(seen)],
    parts: (context) => [followEvents(context, seen)],
  });
}

import { createService, runService } from '@brew/service';
import { limitsOf, readAnalyticsConfig } from '../config.ts';
import { projections } from '../projections/index.ts';
import { createProjector } from '../projector/projector.ts';

/** The service's reading of live events, from topics of a test's own. */
await runService(() => {
  const config = readAnalyticsConfig(process.env);
  const topics = (process.env.TOPICS ?? '').split(',');
  return createService({
    name: 'analytics',
    config,
    migrations: new URL('../store/migrations/', import.meta.url),
    emits: [],
    parts: (context) => [createProjector(context, { projections, topics, limits: limitsOf(config) })],
  });
});

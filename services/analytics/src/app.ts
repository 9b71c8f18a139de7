import { createService, type Service, type ServiceContext } from '@brew/service';
import { forgetSent } from './build/forgetSent.ts';
import { type AnalyticsConfig, limitsOf } from './config.ts';
import { funnelReport } from './http/funnelReport.ts';
import { latencyReport } from './http/latencyReport.ts';
import { listGenerations } from './http/listGenerations.ts';
import { pruneGenerations } from './http/pruneGenerations.ts';
import { salesReport } from './http/salesReport.ts';
import { startReplay } from './http/startReplay.ts';
import { topDrinksReport } from './http/topDrinksReport.ts';
import { projections } from './projections/index.ts';
import { topicsOf } from './projections/projection.ts';
import { createProjector } from './projector/projector.ts';
import { rollUp } from './projector/rollUp.ts';
import type { ReplayContext } from './replay/catchUp.ts';
import { createMender } from './replay/mend.ts';
import { ensureGenerations } from './store/ensureGenerations.ts';

const replaysIn = (context: ServiceContext<AnalyticsConfig>): ReplayContext => ({
  ...context,
  projections,
  topics: topicsOf(projections),
  topicOf: ({ topic }) => topic.name,
  limits: limitsOf(context.config),
});

export const createApp = (config: AnalyticsConfig): Service =>
  createService({
    name: 'analytics',
    config,
    migrations: new URL('./store/migrations/', import.meta.url),
    emits: [],
    routes: (context) => [
      salesReport(context),
      funnelReport(context),
      latencyReport(context),
      topDrinksReport(context),
      listGenerations(context),
      pruneGenerations(replaysIn(context)),
      startReplay(replaysIn(context)),
    ],
    // Its orders are counted whatever the order of their events, so none has to wait behind one that is dead.
    parksKeys: false,
    insteadOfRedrive: 'Run: npx brew replay analytics. Then discard them.',
    parts: (context) => [
      {
        name: 'tables',
        start: () => ensureGenerations(context.db, projections),
        stop: async () => {},
      },
      createProjector(context, replaysIn(context)),
      createMender(replaysIn(context)),
      rollUp(context),
      forgetSent(context, topicsOf(projections)),
    ],
  });

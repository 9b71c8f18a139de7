import { createService, type Service } from '@brew/service';
import type { AnalyticsConfig } from './config.ts';
import { funnelReport } from './http/funnelReport.ts';
import { latencyReport } from './http/latencyReport.ts';
import { salesReport } from './http/salesReport.ts';
import { topDrinksReport } from './http/topDrinksReport.ts';
import { createProjections } from './projections/createProjections.ts';
import { projectFunnel } from './projections/funnel/projectFunnel.ts';
import { projectLatency } from './projections/latency/projectLatency.ts';
import { projectSales } from './projections/sales/projectSales.ts';
import { projectTopDrinks } from './projections/topDrinks/projectTopDrinks.ts';

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
    ],
    parts: (context) => [
      createProjections(context, [projectSales, projectFunnel, projectLatency, projectTopDrinks]),
    ],
  });

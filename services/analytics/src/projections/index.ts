import { funnel } from './funnel/funnel.ts';
import { latency } from './latency/latency.ts';
import type { Projection } from './projection.ts';
import { sales } from './sales/sales.ts';
import { topDrinks } from './topDrinks/topDrinks.ts';

/** All that reports are made of. */
export const projections: readonly Projection[] = [sales, funnel, latency, topDrinks];

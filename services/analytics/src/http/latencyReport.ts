import { route, type ServiceContext } from '@brew/service';
import { z } from 'zod';
import { reportLatency } from '../projections/latency/reportLatency.ts';
import { timeRange, timeRangeQuery } from './timeRange.ts';

const milliseconds = z.int().nullable();

const percentiles = z.object({
  orders: z.int().describe('how many got that far'),
  p50: milliseconds,
  p95: milliseconds,
  p99: milliseconds,
});

const report = z.object({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  unit: z.literal('ms'),
  paid: percentiles,
  started: percentiles,
  ready: percentiles,
  delivered: percentiles,
});

export const latencyReport = ({ db, now }: Pick<ServiceContext, 'db' | 'now'>) =>
  route({
    method: 'get',
    path: '/reports/latency',
    summary: 'How long orders took from being placed to each stage',
    query: z.strictObject(timeRangeQuery),
    responses: { 200: { description: 'Percentiles of the orders placed in the range', schema: report } },
    handle: async ({ query }) => {
      const { from, to } = timeRange(query, now());
      const latencies = await reportLatency(db, { from, to });
      return {
        status: 200,
        body: { from: from.toISOString(), to: to.toISOString(), unit: 'ms' as const, ...latencies },
      };
    },
  });

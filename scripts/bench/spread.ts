/** How values are spread: of latencies, in milliseconds. */
export interface Spread {
  count: number;
  /** NaN, as are the others, when there are no values: then no comparison with a bar holds. */
  p50: number;
  p99: number;
  max: number;
}

/** @param values in any order */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values).sort();
  return {
    count: sorted.length,
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
    max: sorted.at(-1) ?? Number.NaN,
  };
}

/** The nearest rank: the smallest value that at least this fraction of all values does not exceed. A value that was seen. */
function percentile(sorted: Float64Array, fraction: number): number {
  return sorted[Math.max(0, Math.ceil(fraction * sorted.length) - 1)] ?? Number.NaN;
}

/** NaN for no values. */
export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

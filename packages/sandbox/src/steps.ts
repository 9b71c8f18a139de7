/** One step of a start, told when it begins and when it ends. */
export interface Step {
  /** What happens, as a user reads it: "PostgreSQL", "kafka-1", "quorum". */
  name: string;
  state: 'started' | 'done' | 'failed';
  /** How long it took so far. */
  ms: number;
  /** More about its result: "cached", "16 schemas". */
  detail?: string | undefined;
}

export type OnStep = (step: Step) => void;

/** Does a step's work and tells of it; what the work returns as `detail` is told, too. */
export type RunStep = <Result>(
  name: string,
  work: () => Promise<Result>,
  detailOf?: (result: Result) => string | undefined,
) => Promise<Result>;

export function createSteps(onStep: OnStep = () => {}): RunStep {
  return async (name, work, detailOf = () => undefined) => {
    const start = performance.now();
    const tell = (state: Step['state'], detail?: string) =>
      onStep({
        name,
        state,
        ms: Math.round(performance.now() - start),
        ...(detail !== undefined && { detail }),
      });
    tell('started');
    try {
      const result = await work();
      tell('done', detailOf(result));
      return result;
    } catch (error) {
      tell('failed');
      throw error;
    }
  };
}

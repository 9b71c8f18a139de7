import { BrewError } from '@brew/events';

/** One listening port, and where its connections go. */
export interface Route {
  port: number;
  /** A name that may stand for several instances, and the port of each. */
  target: { host: string; port: number };
}

/**
 * Reads ROUTES, such as `3003=kitchen:3003,3004=courier:3004`.
 * @throws BrewError when it is missing or malformed
 */
export function readRoutes(env: NodeJS.ProcessEnv): Route[] {
  return (env.ROUTES ?? '').split(',').map((route) => {
    const { port, host, targetPort } =
      /^(?<port>\d+)=(?<host>[\w.-]+):(?<targetPort>\d+)$/.exec(route.trim())?.groups ?? {};
    if (port === undefined || host === undefined || targetPort === undefined) {
      throw new BrewError(
        'BREW_CONFIG_INVALID',
        `ROUTES has "${route}", which is no route. Write each as PORT=HOST:PORT, such as 3003=kitchen:3003.`,
      );
    }
    return { port: Number(port), target: { host, port: Number(targetPort) } };
  });
}

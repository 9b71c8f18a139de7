import { libraries } from '@brew/kafka';
import { z } from 'zod';
import { ConfigError } from './configError.ts';

/** A TCP port; 0 takes a free one. */
const port = z.coerce.number().int().min(0).max(65_535);

/** What everything with routes and a database needs to know. */
const httpBase = {
  /** Address to listen on; all interfaces only where it is asked for, as in a container. */
  HOST: z.string().default('127.0.0.1'),
  PORT: port,
  /** Holds a password: never log it. */
  DATABASE_URL: z.url({
    protocol: /^postgres(ql)?$/,
    error: 'has to be like postgresql://role:password@host:5432/database',
  }),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  /** Requests that one client address may make in a minute. The default leaves room for a promo day behind one proxy. */
  RATE_LIMIT_PER_MINUTE: z.coerce.number().int().min(1).default(30_000),
} satisfies z.ZodRawShape;

/** What every service needs to know. */
const base = {
  ...httpBase,
  KAFKA_BROKERS: z
    .string()
    .regex(/^[^\s,:]+:\d+(,[^\s,:]+:\d+)*$/, 'has to be like host:9094,host:9095')
    .transform((brokers) => brokers.split(',')),
  /** Whose code talks to the brokers: see docs/clients.md. */
  BREW_KAFKA_CLIENT: z.enum(libraries).default('platformatic'),
  SCHEMA_REGISTRY_URL: z.url({
    protocol: /^https?$/,
    error: 'has to be like http://host:8081/apis/ccompat/v7',
  }),
  /** What staff show as `Authorization: Bearer …`, to redrive dead letters for example. A secret: never log it. */
  STAFF_TOKEN: z.string().min(1),
  /**
   * How many days what is over is kept: orders, tickets and the like, from when the order was placed, and dead letters, from when they were redriven or
   * discarded.
   */
  KEEP_DAYS: z.coerce.number().int().min(1).max(36_500).default(90),
} satisfies z.ZodRawShape;

type ConfigOf<Base extends z.ZodRawShape, Shape extends z.ZodRawShape = Record<never, never>> = Readonly<
  z.output<z.ZodObject<Omit<Base, keyof Shape> & Shape>>
>;

export type HttpConfig = ConfigOf<typeof httpBase>;

/** The validated environment under the variables' own names. */
export type ServiceConfig = ConfigOf<typeof base>;

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Reads the variables that every service has, and those of `shape`, which may also replace one of the former
 * (`PORT: port.default(3001)`). A variable that is set to nothing counts as not set.
 *
 * @returns frozen, through and through
 * @throws ConfigError naming every variable that is missing or malformed; it never repeats a value, since that may be a secret
 */
export function readConfig<Shape extends z.ZodRawShape>(
  name: string,
  env: Env,
  shape: Shape,
): ConfigOf<typeof base, Shape> {
  return read(name, env, base, shape);
}

/** As readConfig, without what tells where Kafka and the schema registry are. */
export function readHttpConfig<Shape extends z.ZodRawShape>(
  name: string,
  env: Env,
  shape: Shape,
): ConfigOf<typeof httpBase, Shape> {
  return read(name, env, httpBase, shape);
}

function read<Base extends z.ZodRawShape, Shape extends z.ZodRawShape>(
  name: string,
  env: Env,
  base: Base,
  shape: Shape,
): ConfigOf<Base, Shape> {
  const schema = z.object({ ...base, ...shape });
  const wanted = Object.keys(schema.shape).filter((key) => env[key] !== undefined && env[key] !== '');
  const result = schema.safeParse(Object.fromEntries(wanted.map((key) => [key, env[key]])));
  if (!result.success) {
    const set = new Set(wanted);
    throw new ConfigError(name, [...new Set(result.error.issues.map((issue) => problemOf(issue, set)))]);
  }
  return deepFreeze(result.data) as ConfigOf<Base, Shape>;
}

function problemOf({ path, message }: z.core.$ZodIssue, set: ReadonlySet<string>): string {
  const variable = String(path[0]);
  return set.has(variable) ? `${variable}: ${message}` : `${variable}: is not set`;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) deepFreeze(part);
    Object.freeze(value);
  }
  return value;
}

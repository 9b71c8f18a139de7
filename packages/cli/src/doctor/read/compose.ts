import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { NodeConfig, Published, Setting } from '../node.ts';
import { type ComposeService, parseCompose } from './composeFile.ts';
import { settingsIn } from './propertiesNode.ts';

/** Where Kafka's image looks for a server.properties of the user, below the environment's settings. */
const SHARED_CONFIG = '/mnt/shared/config';

/** A service is a Kafka node when its environment has one of these; ours have KAFKA_BROKERS, which is for clients. */
const TELLTALE =
  /^KAFKA_(CFG_)?(PROCESS_ROLES|NODE_ID|BROKER_ID|LISTENERS|ADVERTISED_LISTENERS|ZOOKEEPER_CONNECT)$/;

export interface ComposeInput {
  path: string;
  text: string;
}

/**
 * The Kafka nodes of compose files. Several files are put together, the later ones over the earlier ones, as
 * `docker compose -f … -f …` does; paths in them begin at the first one's folder.
 *
 * @param env what stands for ${VARIABLES}; beside it counts the .env file next to the first one
 * @throws FileUnreadableError
 */
export async function composeNodes(
  inputs: readonly ComposeInput[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<NodeConfig[]> {
  const folder = dirname(inputs[0]?.path ?? '.');
  const variables = { ...(await dotEnv(join(folder, '.env'))), ...env };
  const services = new Map<string, ComposeService>();
  for (const { path, text } of inputs) {
    for (const service of parseCompose(text, path, variables)) {
      const before = services.get(service.name);
      services.set(service.name, before ? { ...before, ...merged(before, service) } : service);
    }
  }
  const nodes = [...services.values()].filter(({ environment }) =>
    [...environment.keys()].some((name) => TELLTALE.test(name)),
  );
  return await Promise.all(nodes.map((service) => nodeOf(service, folder)));
}

const merged = (before: ComposeService, after: ComposeService): Partial<ComposeService> => ({
  environment: new Map([...before.environment, ...after.environment]),
  ports: [...before.ports, ...after.ports],
  volumes: [...before.volumes, ...after.volumes],
  hostNetwork: after.hostNetwork || before.hostNetwork,
});

async function nodeOf(service: ComposeService, folder: string): Promise<NodeConfig> {
  const { name, file, environment, ports, hostNetwork } = service;
  const settings = await mountedSettings(service, folder);
  for (const [variable, setting] of environment) {
    const known = settingNameOf(variable);
    if (known !== undefined) settings.set(known, setting);
  }
  return {
    name,
    file,
    settings,
    container: !hostNetwork,
    published: ports.flatMap(publishedPort),
    clusterId: environment.get('CLUSTER_ID') ?? environment.get('KAFKA_KRAFT_CLUSTER_ID'),
    storage: [],
  };
}

/** What Kafka's image makes of a variable: KAFKA_LOG_DIRS is log.dirs. Two underscores are one, three are a dash. */
function settingNameOf(variable: string): string | undefined {
  const { name } = /^KAFKA_(?:CFG_)?(?<name>[A-Z0-9_]+)$/.exec(variable)?.groups ?? {};
  return name
    ?.toLowerCase()
    .replace(/___|__|_/g, (underscores) => ({ 1: '.', 2: '_', 3: '-' })[underscores.length] ?? '.');
}

async function mountedSettings({ volumes }: ComposeService, folder: string): Promise<Map<string, Setting>> {
  for (const { source, target } of volumes) {
    const path = join(folder, source);
    const file =
      target === SHARED_CONFIG
        ? join(path, 'server.properties')
        : target.endsWith('.properties')
          ? path
          : undefined;
    if (file === undefined || !(await stat(file).catch(() => undefined))?.isFile()) continue;
    return settingsIn(await readFile(file, 'utf8'), file);
  }
  return new Map();
}

/** `[ip:]host:container[/protocol]`; a port alone gets any of the host's. */
function publishedPort({ value, file, line }: Setting): Published[] {
  const { ip, host, container } =
    /^(?:(?<ip>[\d.]+):)?(?<host>\d+):(?<container>\d+)(?:\/\w+)?$/.exec(value)?.groups ?? {};
  if (host === undefined) return [];
  return [{ hostIp: ip ?? '0.0.0.0', hostPort: Number(host), containerPort: Number(container), file, line }];
}

async function dotEnv(path: string): Promise<Record<string, string>> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return Object.fromEntries(
    [...text.matchAll(/^\s*(?:export\s+)?(\w+)\s*=\s*(.*?)\s*$/gm)].map(([, name = '', value = '']) => [
      name,
      value.replace(/^(["'])(.*)\1$/, '$2'),
    ]),
  );
}

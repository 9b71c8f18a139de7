import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml';
import { FileUnreadableError } from '../../errors.ts';
import type { Setting } from '../node.ts';

/** What counts of a service of a compose file. */
export interface ComposeService {
  name: string;
  file: string;
  environment: ReadonlyMap<string, Setting>;
  /** As they are written in their short form. */
  ports: readonly Setting[];
  volumes: readonly { source: string; target: string }[];
  /** Whether it has the host's network instead of one of its own. */
  hostNetwork: boolean;
}

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Reads the services of a compose file, with the line of each value.
 * @throws FileUnreadableError when it is not YAML
 */
export function parseCompose(text: string, file: string, variables: Variables): ComposeService[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [error] = document.errors;
  if (error) throw new FileUnreadableError(file, error.message.split('\n')[0] ?? '');

  /** Anchors are what makes compose files short: whatever stands for something else is followed. */
  const follow = (node: unknown): Node | undefined =>
    isAlias(node) ? follow(node.resolve(document)) : ((node as Node | null) ?? undefined);
  const lineOf = (node: Node | undefined): number => (node?.range ? lines.linePos(node.range[0]).line : 1);
  const textOf = (node: Node | undefined): string =>
    isScalar(node) && node.value !== null ? interpolate(String(node.value), variables) : '';
  const setting = (node: Node | undefined, value = textOf(node)): Setting => ({
    value,
    file,
    line: lineOf(node),
  });

  /** The entries of a map, with those that `<<` brings in. */
  function entries(node: Node | undefined): Map<string, Node | undefined> {
    const found = new Map<string, Node | undefined>();
    if (!isMap(node)) return found;
    for (const { key, value } of (node as YAMLMap).items) {
      if (textOf(follow(key)) !== '<<') continue;
      const source = follow(value);
      const maps = isSeq(source) ? source.items.map(follow) : [source];
      for (const map of maps)
        for (const [name, each] of entries(map)) if (!found.has(name)) found.set(name, each);
    }
    for (const { key, value } of node.items) {
      const name = textOf(follow(key));
      if (name !== '<<') found.set(name, follow(value));
    }
    return found;
  }
  const items = (node: Node | undefined): (Node | undefined)[] => (isSeq(node) ? node.items.map(follow) : []);

  /** A map, or a list of NAME=value. */
  function environmentOf(node: Node | undefined): Map<string, Setting> {
    const pairs = isSeq(node)
      ? items(node).map((item): [string, Setting] => {
          const [name = '', ...value] = textOf(item).split('=');
          return [name, setting(item, value.join('='))];
        })
      : [...entries(node)].map(([name, value]): [string, Setting] => [name, setting(value)]);
    return new Map(pairs);
  }

  function portOf(node: Node | undefined): Setting {
    if (!isMap(node)) return setting(node);
    const parts = entries(node);
    const [ip, host, container] = ['host_ip', 'published', 'target'].map((name) => textOf(parts.get(name)));
    return setting(node, `${ip ? `${ip}:` : ''}${host}:${container}`);
  }

  function volumeOf(node: Node | undefined): { source: string; target: string } {
    const parts = entries(node);
    if (isMap(node)) return { source: textOf(parts.get('source')), target: textOf(parts.get('target')) };
    const [source = '', target = ''] = textOf(node).split(':');
    return { source, target };
  }

  const services = entries(entries(document.contents ?? undefined).get('services'));
  return [...services].map(([name, service]) => {
    const parts = entries(service);
    return {
      name,
      file,
      environment: environmentOf(parts.get('environment')),
      ports: items(parts.get('ports')).map(portOf),
      volumes: items(parts.get('volumes')).map(volumeOf),
      hostNetwork: textOf(parts.get('network_mode')) === 'host',
    };
  });
}

/** `${NAME}`, `$NAME`, `${NAME:-default}`, `${NAME-default}`; `$$` is a dollar. */
function interpolate(text: string, variables: Variables): string {
  return text.replace(
    /\$(?:(\$)|(\w+)|\{(\w+)(?:(:?)-([^}]*))?\})/g,
    (_all, dollar, plain, braced, colon, standard: string | undefined) => {
      if (dollar) return '$';
      const value = variables[plain ?? braced];
      const missing = value === undefined || (colon === ':' && value === '');
      return missing ? (standard ?? '') : value;
    },
  );
}

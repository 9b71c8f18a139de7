import { ordersV2 } from '@brew/events';
import { infrastructure } from '@brew/sandbox/testing';
import { bridge } from '../bridge/bridge.ts';
import { processIo } from '../io.ts';

/** `brew bridge` between topics of a test, until it is killed. Argument: JSON of their names and the group's. */
const { group, source, target } = JSON.parse(process.argv[2] ?? '{}') as Record<string, string>;
const pair = {
  ...ordersV2,
  group: String(group),
  source: { ...ordersV2.source, name: String(source) },
  target: { ...ordersV2.target, name: String(target) },
};
await bridge(pair, {}, infrastructure(), processIo(), new AbortController().signal);

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { until } from '@brew/sandbox/testing';
import { afterEach, expect, it } from '@jest/globals';
import { collect } from '../../testing/collect.ts';
import { clock, plain } from '../../text/format.ts';
import { logFileSink } from './logFile.ts';
import type { Notice } from './sink.ts';
import { renderNotice, terminalSink } from './terminal.ts';
import { webhookSink } from './webhook.ts';

const notice = (state: Notice['state'], message = 'Two of three.'): Notice => ({
  clusterId: 'c',
  alert: 'voters-down',
  subject: '',
  state,
  since: '2026-01-01T12:00:00.000Z',
  at: state === 'firing' ? '2026-01-01T12:00:00.000Z' : '2026-01-01T12:00:12.500Z',
  message,
});

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

it('the terminal has a line for each, or as many as it takes to fit', async () => {
  const { io, lines } = collect();
  const sink = terminalSink(io, {});
  sink.tell(notice('firing'));
  sink.tell(notice('resolved'));
  await sink[Symbol.asyncDispose]();
  const time = (at: string) => clock(new Date(at));
  expect(lines).toEqual([
    `${time('2026-01-01T12:00:00Z')}  FIRING    voters-down           Two of three.`,
    `${time('2026-01-01T12:00:12Z')}  RESOLVED  voters-down           after 12.5 s: Two of three.`,
  ]);
  const narrow = renderNotice(notice('firing', 'Two of three voters are up: 3 is down.'), 62, plain);
  expect(narrow.map((line) => line.slice(42))).toEqual(['Two of three voters', 'are up: 3 is down.']);
});

it('the log file has a JSON object a line, behind what it had', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'brew-alerts-'));
  cleanups.push(() => rm(folder, { recursive: true }));
  const { io } = collect();
  const file = join(folder, 'alerts.jsonl');
  for (const state of ['firing', 'resolved'] as const) {
    await using sink = await logFileSink(file, io);
    sink.tell(notice(state));
  }
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual([notice('firing'), notice('resolved')]);
  await expect(logFileSink(join(folder, 'no', 'such', 'folder'), io)).rejects.toThrow(
    /can not be written to \(ENOENT\)/,
  );
});

/** A server that answers with these, one after the other, and then with 204. */
async function webhook(...statuses: number[]) {
  const bodies: unknown[] = [];
  const server = createServer(async (request, response) => {
    const body = await json(request);
    const status = statuses.shift() ?? 204;
    if (status < 300) bodies.push(body);
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}/alerts`, bodies };
}

it('the webhook gets each in order, also when it fails now and then', async () => {
  const { url, bodies } = await webhook(500, 204, 503);
  const { io, notes } = collect();
  await using sink = webhookSink(url, io);
  sink.tell(notice('firing'));
  sink.tell(notice('resolved'));
  await until(() => bodies.length === 2, { what: 'both notices' });
  expect(bodies).toEqual([notice('firing'), notice('resolved')]);
  expect(notes).toEqual([]);
});

it('a webhook that is not there stops nobody, and is told of', async () => {
  const { io, notes } = collect();
  const sink = webhookSink('http://127.0.0.1:1/', io);
  sink.tell(notice('firing'));
  await sink[Symbol.asyncDispose]();
  await until(() => notes.length > 0, { what: 'the note' });
  expect(notes[0]).toMatch(
    /^The webhook http:\/\/127\.0\.0\.1:1\/ did not take that voters-down is firing: /,
  );
});

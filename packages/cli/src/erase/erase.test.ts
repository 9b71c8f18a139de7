import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { collect } from '../testing/collect.ts';
import { erase } from './erase.ts';

let server: Server;
let services: Record<string, string>;
/** How many orders each service finds, by the path in front of /erasures; a number alone is the status of a refusal. */
let answers: Record<string, { erased: number; underWay: number } | number>;
const asked: string[] = [];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const service = request.url?.split('/')[1] ?? '';
    asked.push(`${service} ${request.headers.authorization} ${body}`);
    const answer = answers[service] ?? 404;
    response.statusCode = typeof answer === 'number' ? answer : 200;
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  services = { order: `${url}/order`, kitchen: `${url}/kitchen` };
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});
beforeEach(() => {
  asked.length = 0;
});

async function run(options: object) {
  const { io, lines } = collect();
  const done = await erase('Ada', options, { services: services as never }, io, new AbortController().signal);
  return { done, lines };
}

it('asks everybody who keeps names, and forgets only after all have answered', async () => {
  answers = { order: { erased: 2, underWay: 1 }, kitchen: { erased: 1, underWay: 0 } };
  const { done, lines } = await run({ address: 'Lane 1', yes: true });
  expect(done).toBe(true);
  expect(lines[1]).toMatch(/^order +2 +1$/);
  expect(lines.at(-1)).toBe('✔ Ada is forgotten in 3 rows. What topics hold goes with their retention.');
  const body = (dryRun: boolean) =>
    `Bearer sandbox-staff {"name":"Ada","address":"Lane 1","dryRun":${dryRun}}`;
  expect(asked.slice(0, 2).sort()).toEqual([`kitchen ${body(true)}`, `order ${body(true)}`]);
  expect(asked.slice(2)).toEqual([`order ${body(false)}`, `kitchen ${body(false)}`]);

  answers.kitchen = 503;
  await expect(run({ yes: true })).rejects.toThrow(/answered 503/);
  expect(asked.filter((question) => question.includes('"dryRun":false'))).toHaveLength(2);
});

it('changes nothing on a dry run, without a yes, and where nothing is to be found', async () => {
  answers = { order: { erased: 2, underWay: 1 }, kitchen: { erased: 1, underWay: 0 } };
  expect((await run({ dryRun: true })).lines.at(-1)).toBe('Nothing was changed: it is a dry run.');
  await expect(run({ json: true })).rejects.toThrow(/Nobody is there to be asked/);
  const zero = { erased: 0, underWay: 0 };
  answers = { order: { erased: 0, underWay: 2 }, kitchen: zero };
  expect((await run({ yes: true })).lines.at(-1)).toBe(
    'Ada has only orders under way: erase once more when they have ended.',
  );
  answers = { order: zero, kitchen: zero };
  expect((await run({ yes: true })).lines.at(-1)).toBe('No order has a customer of exactly this name: Ada.');
  expect(asked.filter((question) => question.includes('"dryRun":false'))).toEqual([]);
});

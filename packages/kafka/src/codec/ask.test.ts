import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createAsk } from './ask.ts';
import { createRegistry } from './registry.ts';

/** Answers as it is told to. */
let answer = { status: 200, body: '' };
const server = createServer((_request, response) => {
  response.writeHead(answer.status).end(answer.body);
});
let url: string;
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

const question = {
  method: 'GET',
  path: '/schemas/ids/7',
  refusals: [40403],
  isAnswer: (found: unknown): found is { schema: string } =>
    typeof (found as { schema?: unknown } | undefined)?.schema === 'string',
} as const;
const refusal = (code: number) => JSON.stringify({ error_code: code, message: 'no' });

test('takes an answer, and the refusal that fits the question', async () => {
  answer = { status: 200, body: '{"schema":"\\"int\\""}' };
  expect(await createAsk(url)(question)).toEqual({ schema: '"int"' });
  answer = { status: 404, body: refusal(40403) };
  expect(await createAsk(url)(question)).toEqual({ error_code: 40403, message: 'no' });
});

test.each([
  ['an empty object', 200, '{}'],
  ['null', 200, 'null'],
  ['nothing', 200, ''],
  ['half an answer', 200, '{"schema":"'],
  ['a page', 200, '<html>welcome</html>'],
  ['a refusal that is called a success', 200, refusal(40403)],
  ['a 404 without a code', 404, '{"message":"no route"}'],
  ['a 404 that is a page', 404, '<html>no upstream</html>'],
  ['that there is no such subject', 404, refusal(40401)],
  ['that it only reads', 409, refusal(409)],
  ['that the question is no schema', 422, refusal(42201)],
  ['a failure', 500, refusal(50001)],
])('takes %s for an outage: it says nothing of the schema', async (_, status, body) => {
  answer = { status, body };
  const outage = { code: 'BREW_REGISTRY_UNAVAILABLE', retryable: true };
  await expect(createRegistry(url).schemaOf(7)).rejects.toMatchObject(outage);
});

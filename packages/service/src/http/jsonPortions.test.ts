import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { jsonPortions, sendJson } from './jsonPortions.ts';

async function* portions(...all: unknown[][]) {
  yield* all;
}

async function textOf(list: AsyncIterable<readonly unknown[]>, head: object, tail: object): Promise<string> {
  let text = '';
  for await (const portion of jsonPortions(head, 'list', list, () => tail)) text += portion;
  return text;
}

describe('a document with a long list', () => {
  it.each([
    [{ a: 1 }, [[1, 2], [], [{ b: '"' }]], { c: 3 }, { a: 1, list: [1, 2, { b: '"' }], c: 3 }],
    [{}, [[1]], {}, { list: [1] }],
    [{ a: 1 }, [[], []], { c: 3 }, { a: 1, list: [], c: 3 }],
    [{}, [], {}, { list: [] }],
  ])('is what it would be in one piece: %j, %j, %j', async (head, list, tail, whole) => {
    expect(await textOf(portions(...list), head, tail)).toBe(JSON.stringify(whole));
  });
});

describe('sending it', () => {
  /** Answers one request with the portions, and reports what sending them came to. */
  async function answering(json: AsyncIterable<string>, use: (url: string) => Promise<void>) {
    const sent = Promise.withResolvers<unknown>();
    const gone = new AbortController();
    const server = createServer((_request, response) => {
      response.once('close', () => {
        if (!response.writableFinished) gone.abort();
      });
      sendJson(response, json, gone.signal).then(sent.resolve, (error) => {
        if (!response.headersSent) response.writeHead(500).end();
        sent.resolve(error);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      return await sent.promise;
    } finally {
      server.close();
      server.closeAllConnections();
    }
  }

  it('makes no more than the caller takes, and ends when it goes', async () => {
    let made = 0;
    async function* endless() {
      for (;;) {
        made += 1;
        yield 'x'.repeat(1_000_000);
      }
    }
    const outcome = await answering(endless(), async (url) => {
      const leave = new AbortController();
      const { body } = await fetch(url, { signal: leave.signal });
      await body?.getReader().read();
      leave.abort();
    });
    expect(outcome).toBeUndefined();
    // What the two ends of a connection buffer is a few megabytes.
    expect(made).toBeLessThan(50);
  });

  it('leaves an error before the first portion to whoever answers errors', async () => {
    const fault = new Error('no database');
    // biome-ignore lint/correctness/useYield: it fails before it has anything
    async function* failing(): AsyncGenerator<string> {
      throw fault;
    }
    const outcome = await answering(failing(), async (url) => expect((await fetch(url)).status).toBe(500));
    expect(outcome).toBe(fault);
  });

  it('cuts the connection when it fails later: nobody takes a part for the whole', async () => {
    async function* failing() {
      yield '{"list":[1';
      throw new Error('the database has gone');
    }
    await answering(failing(), async (url) => {
      await expect(fetch(url).then((response) => response.text())).rejects.toThrow();
    });
  });
});

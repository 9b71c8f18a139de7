import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { freePorts } from '@brew/sandbox';
import { infrastructure, until } from '@brew/sandbox/testing';
import { expect, it } from '@jest/globals';
import { mainFile } from '../paths.ts';
import type { Notice } from './sinks/sink.ts';

it('begins without a broker that answers, says so, and finds the cluster once one does', async () => {
  const port = (await freePorts()).external[0];
  const args = [mainFile, 'quorum-watch', '--bootstrap', `127.0.0.1:${port}`, '--every', '1', '--json'];
  const watch = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(watch, 'close');
  let [output, notes] = ['', ''];
  watch.stdout.on('data', (data) => (output += data));
  watch.stderr.on('data', (data) => (notes += data));
  const told = (state: Notice['state']) => () => {
    const notices = output
      .split('\n')
      .flatMap((line): Notice[] => (line.endsWith('}') ? [JSON.parse(line)] : []));
    return notices.some((notice) => notice.alert === 'cluster-unreachable' && notice.state === state);
  };

  let broker: Server | undefined;
  try {
    await until(told('firing'), { what: 'the alert' });
    expect(notes).toContain(`No broker answers at 127.0.0.1:${port}.`);
    expect(notes).toContain('It goes on looking.');

    broker = await leadToABroker(port);
    await until(told('resolved'), { what: 'its end' });
    expect(notes).toMatch(/Watching cluster \S+: active controller \d, voters 1 2 3\./);
    watch.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
  } finally {
    watch.kill('SIGKILL');
    broker?.close();
  }
});

/** Passes on what comes to a port, as if one of the brokers had just been started there. */
async function leadToABroker(port: number): Promise<Server> {
  const [host = '', brokerPort] = (infrastructure().brokers[0] ?? '').split(':');
  const server = createServer((near) => {
    const far = connect({ host, port: Number(brokerPort) });
    const end = () => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) socket.on('error', end).on('close', end);
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return server;
}

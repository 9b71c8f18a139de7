import { Socket } from 'node:net';

/**
 * Loaded into a process under test before its main file: a network between it and the ports in CUT_OFF_PORTS that fails when it is told to,
 * by a message. `drop`: packets are lost, so that nobody answers, neither on what is connected nor to who connects, and connections that were
 * there stay dead. `refuse`: connections end, and nobody listens. `pass`: new ones are made.
 */
export type Way = 'pass' | 'drop' | 'refuse';

const ports = new Set(process.env.CUT_OFF_PORTS?.split(','));
const sockets = new Set<Socket>();
let way: Way = 'pass';

const { connect } = Socket.prototype;
Socket.prototype.connect = function (this: Socket, ...args: unknown[]) {
  const [first] = args.flat() as [{ port?: unknown }];
  if (!ports.has(String(first?.port))) return Reflect.apply(connect, this, args);
  if (way === 'refuse') {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    process.nextTick(() => this.destroy(refused));
  }
  if (way !== 'pass') return this;
  sockets.add(this);
  this.once('close', () => sockets.delete(this));
  return Reflect.apply(connect, this, args);
} as typeof connect;

process.on('message', (message) => {
  way = message as Way;
  for (const socket of sockets) {
    if (way === 'refuse') socket.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
    if (way === 'drop')
      Object.assign(socket.pause(), { _write: () => {}, _writev: () => {}, resume: () => socket });
  }
});
process.channel?.unref();

import { OrderDelivered, OrderPlaced, ordersV2 } from '@brew/events';
import { describe, expect, it } from '@jest/globals';
import {
  findBridge,
  parseBootstrap,
  parseCount,
  parseEvents,
  parseFrom,
  parseGrace,
  parseHeader,
  parseItem,
  parseLines,
  parseListen,
  parsePartitions,
  parsePort,
  parseProjection,
  parseRate,
  parseRegistry,
  parseReplayed,
  parseSeconds,
  parseSince,
  parseSpeed,
  parseTopic,
  parseType,
  parseUntil,
  parseUrl,
  topicNamed,
} from './options.ts';

const NOW = Date.parse('2026-01-31T00:00:00Z');

describe('values of flags', () => {
  it.each<[string, () => unknown, unknown]>([
    ['a rate', () => parseRate('0.5'), 0.5],
    ['no customers at all', () => parseRate('0'), 0],
    ['a speed', () => parseSpeed('60'), 60],
    ['no patience', () => parseGrace('0'), 0],
    ['a number of lines', () => parseLines('50'), 50],
    ['a service that can be replayed', () => parseReplayed('analytics'), 'analytics'],
    ['projections', () => parseProjection('top-drinks', parseProjection('sales')), ['sales', 'top_drinks']],
    ['days ago', () => parseSince('21d', NOW), new Date('2026-01-10T00:00:00Z')],
    ['hours ago', () => parseSince('12h', NOW), new Date('2026-01-30T12:00:00Z')],
    ['a date', () => parseSince('2026-01-01', NOW), new Date('2026-01-01T00:00:00Z')],
    ['a time', () => parseSince('2026-01-01T08:00:00+01:00', NOW), new Date('2026-01-01T07:00:00Z')],
    ['the only end there is', () => parseUntil('now'), 'now'],
    ['an item', () => parseItem('latte'), [{ sku: 'latte', quantity: 1 }]],
    [
      'items, gathered',
      () => parseItem('latte:2', parseItem('muffin')),
      [
        { sku: 'muffin', quantity: 1 },
        { sku: 'latte', quantity: 2 },
      ],
    ],
    ['a topic by its short name', () => parseTopic('orders'), ['brew.orders.v1']],
    ['a topic of a next version', () => parseTopic('brew.orders.v2'), ['brew.orders.v2']],
    ['a bridge', () => findBridge('brew.orders.v1', 'brew.orders.v2'), ordersV2],
    [
      'topics, gathered',
      () => parseTopic('brew.stock.v1', ['brew.orders.v1']),
      ['brew.orders.v1', 'brew.stock.v1'],
    ],
    ['a type in any case', () => parseType('orderplaced'), ['OrderPlaced']],
    ['a type by its full name', () => parseType('brew.orders.v1.OrderPlaced'), ['OrderPlaced']],
    [
      'events, each once',
      () => parseEvents('OrderPlaced, orderdelivered', [OrderPlaced]),
      [OrderPlaced, OrderDelivered],
    ],
    ['a port', () => parsePort('3006'), 3006],
    [
      'addresses',
      () => parseBootstrap('localhost:1, kafka-2.example.com:9092'),
      ['localhost:1', 'kafka-2.example.com:9092'],
    ],
    ['where to begin', () => parseFrom('beginning'), 'beginning'],
    ['a count', () => parseCount('3', '--last'), 3],
    ['partitions, gathered', () => parsePartitions('2,3', [0]), [0, 2, 3]],
    ['headers, gathered', () => parseHeader('b=1=2', { a: '' }), { a: '', b: '1=2' }],
    ['a port', () => parseListen('9404'), { host: '127.0.0.1', port: 9404 }],
    ['a host and a port', () => parseListen('0.0.0.0:9404'), { host: '0.0.0.0', port: 9404 }],
    ['seconds', () => parseSeconds('2.5', '--every'), 2_500],
    ['a webhook', () => parseUrl('https://example.com/a', '--webhook'), 'https://example.com/a'],
    ['a registry', () => parseRegistry('http://localhost:8081/'), 'http://localhost:8081'],
    [
      "any topic, Brew's by a word",
      () => [topicNamed('orders'), topicNamed('clicks')],
      ['brew.orders.v1', 'clicks'],
    ],
  ])('can be %s', (_what, parse, value) => {
    expect(parse()).toEqual(value);
  });

  it.each<[() => unknown, RegExp]>([
    [() => parseRate('fast'), /--rate fast is not a number from 0 to 1000\. Give .*--rate 5\./],
    [() => parseRate('-1'), /--rate -1 is not/],
    [() => parseRate(''), /--rate/],
    [() => parseSpeed('1e9'), /--speed 1e9/],
    [() => parseGrace('soon'), /--younger-than soon .*Give seconds/],
    [() => parseLines('1.5'), /-n 1\.5 is not a whole number\. Give/],
    [() => parseItem('latte:0'), /--item latte:0 .*SKU:QUANTITY/],
    [() => parseItem('Latte'), /--item Latte/],
    [() => parseItem('latte', [{ sku: 'latte', quantity: 1 }]), /given twice\. Give it once/],
    [() => parseTopic('orderz'), /no topic orderz\. Did you mean orders\?/],
    [() => parseTopic('tea'), /no topic tea\. Take .*orders, payments.*brew\.orders\.v2/],
    [() => parseTopic('constructor'), /no topic constructor/],
    [
      () => findBridge('brew.orders.v2', 'brew.orders.v1'),
      /no bridge from .*Take one of: brew\.orders\.v1 brew/,
    ],
    [() => parseType('OrderEaten'), /no event OrderEaten\. Take .*OrderPlaced/],
    [
      () => parseEvents('OrderPlaced,OrderDelivred'),
      /no event OrderDelivred\. Did you mean OrderDelivered\?/,
    ],
    [() => parseEvents('OrderPlaced,'), /An event is missing\. Take .*OrderPlaced/],
    [() => parsePort('80'), /--port 80 is not a number from 1024 to 65535/],
    [() => parsePort('3006.5'), /not a whole number/],
    [() => parseBootstrap('localhost'), /--bootstrap localhost is not .*HOST:PORT/],
    [() => parseBootstrap('localhost:99999'), /--bootstrap/],
    [() => parseBootstrap('http://localhost:9092'), /--bootstrap/],
    [() => parseCount('0', '--last'), /--last 0 .*--last 10/],
    [() => parsePartitions('1-3'), /--partition 1-3 .*--partition 0,3/],
    [() => parseHeader('=x'), /--header =x .*NAME=VALUE/],
    [() => parseListen('web'), /--metrics web .*--metrics 9404/],
    [() => parseListen('99999'), /--metrics 99999/],
    [() => parseSeconds('0', '--every'), /--every 0 .*Give seconds/],
    [() => parseUrl('example.com', '--webhook'), /--webhook example\.com .*URL/],
    [() => parseRegistry('localhost:8081'), /--registry localhost:8081 .*URL/],
    [() => parseFrom('yesterday'), /--from yesterday .*beginning or now/],
  ])('are refused with what is wrong and what to do (%#)', (parse, message) => {
    expect(parse).toThrow(message);
  });
});

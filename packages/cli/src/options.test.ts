import { describe, expect, it } from '@jest/globals';
import {
  parseBootstrap,
  parseCount,
  parseFrom,
  parseGrace,
  parseHeader,
  parseItem,
  parseLines,
  parseListen,
  parsePartitions,
  parseRate,
  parseRegistry,
  parseSeconds,
  parseSpeed,
  parseTopic,
  parseType,
  parseUrl,
  topicNamed,
} from './options.ts';

describe('values of flags', () => {
  it.each<[string, () => unknown, unknown]>([
    ['a rate', () => parseRate('0.5'), 0.5],
    ['no customers at all', () => parseRate('0'), 0],
    ['a speed', () => parseSpeed('60'), 60],
    ['no patience', () => parseGrace('0'), 0],
    ['a number of lines', () => parseLines('50'), 50],
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
    [
      'topics, gathered',
      () => parseTopic('brew.stock.v1', ['brew.orders.v1']),
      ['brew.orders.v1', 'brew.stock.v1'],
    ],
    ['a type in any case', () => parseType('orderplaced'), ['OrderPlaced']],
    ['a type by its full name', () => parseType('brew.orders.v1.OrderPlaced'), ['OrderPlaced']],
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
    [() => parseTopic('orderz'), /no topic orderz\. Take .*orders, payments/],
    [() => parseType('OrderEaten'), /no event OrderEaten\. Take .*OrderPlaced/],
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

import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from './faults.ts';

/** A throttled answer comes in as many pieces a second. */
const PIECES_PER_SECOND = 20;

/** Hands answers to a client, each in its turn: on one connection they come in the order in which they were asked for. */
export function createAnswers(near: Socket, end: () => void): (answer: Buffer, fault?: Fault) => void {
  let turn: Promise<void> | undefined;

  async function hand(answer: Buffer, fault: Fault | undefined): Promise<void> {
    switch (fault?.kind) {
      case 'lose':
        return end();
      case 'halve':
        near.write(answer.subarray(0, answer.length >> 1), end);
        return;
      case 'delay':
        await delay(fault.ms);
        break;
      case 'throttle':
        return trickle(answer, Math.max(1, Math.round(fault.bytesPerSecond / PIECES_PER_SECOND)));
    }
    near.write(answer);
  }

  async function trickle(answer: Buffer, pieceBytes: number): Promise<void> {
    for (let at = 0; at < answer.length && !near.destroyed; at += pieceBytes) {
      near.write(answer.subarray(at, at + pieceBytes));
      await delay(1_000 / PIECES_PER_SECOND);
    }
  }

  return (answer, fault) => {
    if (!turn && !fault) {
      near.write(answer);
      return;
    }
    const mine = (turn ?? Promise.resolve()).then(() => hand(answer, fault));
    turn = mine;
    void mine.then(() => {
      if (turn === mine) turn = undefined;
    });
  };
}

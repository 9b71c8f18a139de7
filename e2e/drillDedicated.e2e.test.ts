import { describe } from '@jest/globals';
import { runDrills } from './drills.ts';

describe('drills in dedicated mode', () => {
  runDrills('dedicated');
});

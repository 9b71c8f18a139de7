import { describe } from '@jest/globals';
import { rehearseDrills } from '../drills.ts';

describe('drills in dedicated mode', () => {
  rehearseDrills('dedicated');
});

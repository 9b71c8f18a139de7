import { type ServiceDeclaration, services } from '@brew/sandbox';
import { ArgumentInvalidError } from '../errors.ts';
import { suggestion } from '../text/nearest.ts';

/** @throws ArgumentInvalidError when there is no such service, or none of which there may be several */
export function devService(name: string): ServiceDeclaration {
  const several = services.filter((service) => service.name !== 'simulator');
  const found = several.find((service) => service.name === name);
  if (found) return found;
  if (name === 'simulator') {
    throw new ArgumentInvalidError(
      'There can be only one simulator: it is everybody’s payment provider.',
      'Set its rate when the system starts: npm start -- --rate 5.',
    );
  }
  const names = several.map((service) => service.name);
  throw new ArgumentInvalidError(
    `There is no service ${name}.`,
    suggestion(
      name,
      names,
      `Take one of ${names.join(', ')}, or make it: npx brew new consumer ${name} --events …`,
    ),
  );
}

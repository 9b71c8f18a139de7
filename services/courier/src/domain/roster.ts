export interface RosterEntry {
  courierId: string;
  name: string;
}

const firstNames = `
Ada Bruno Carla Dario Elif Farid Greta Hugo Ines Jonas Kira Luca Mina Nils Olga Pavel Rosa Samir Tilda Umut
Vera Wim Xenia Yusuf Zoe Anton Birgit Cem Dana Emil Fatma Georg Hana Ivo Jana Karim Lena Milan Nora Oskar
`
  .trim()
  .split(/\s+/);

/** The couriers who work when there are so many: courier-001 is always the same person. */
export function roster(count: number): RosterEntry[] {
  return Array.from({ length: count }, (_, index) => {
    const firstName = firstNames[index % firstNames.length];
    // Initials tell apart those who share a first name: Ada A., Ada B., …
    const initial = String.fromCharCode(65 + (Math.floor(index / firstNames.length) % 26));
    return { courierId: `courier-${String(index + 1).padStart(3, '0')}`, name: `${firstName} ${initial}.` };
  });
}

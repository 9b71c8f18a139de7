/** A cafe of the chain. */
export interface Cafe {
  /** cafe-001 … cafe-080 */
  id: string;
  name: string;
  street: string;
}

/**
 * The cafes: reference data that is the same for every service and changes with a release, as the topics do. A chain
 * that opened cafes while it runs would publish them on a compacted topic, as the menu is.
 */
export const cafes: readonly Cafe[] = `
Old Harbour, Quay Street 4
Fishmarket, Herring Lane 1
Lighthouse, Pier Road 88
Shipyard, Dock Road 17
Customs House, Customs Square 2
Ropemakers, Hemp Street 23
Sailmakers, Canvas Row 9
Ferry Landing, Ferry Street 31
Salt Store, Salt Quay 12
Warehouse Nine, Warehouse Street 9
Town Hall, Market Square 1
Old Mint, Mint Street 6
Exchange, Exchange Lane 14
Guildhall, Guild Street 3
Cathedral, Cathedral Square 5
Cloister, Cloister Walk 11
Bell Tower, Bell Street 20
City Gate, Gate Street 2
Rampart, Rampart Road 47
Moat, Moat Walk 8
Central Station, Station Square 1
North Station, Northern Road 102
Bus Station, Terminal Street 7
Tram Depot, Depot Road 33
Signal Box, Railway Lane 19
Freight Yard, Cargo Street 55
Airport Arrivals, Terminal 1 Level 0
Airport Departures, Terminal 1 Level 2
Motorway East, Eastern Ring 400
Park and Ride, Ring Road 210
University, College Road 1
Library, Reading Street 16
Observatory, Star Hill 3
Faculty of Law, Justice Street 22
Faculty of Arts, Easel Street 5
Engineering, Workshop Road 64
Medical School, Hospital Road 80
Student Village, Campus Road 140
Botanical Garden, Garden Street 27
Museum, Museum Square 4
Opera, Opera Square 2
Playhouse, Theatre Street 13
Concert Hall, Orchestra Road 50
Cinema, Projector Lane 24
Printworks, Printers Row 37
Gallery, Canvas Street 18
Jazz Cellar, Basement Lane 6
Radio House, Antenna Road 71
Book Row, Binders Street 29
Flea Market, Curio Street 44
River Bend, Riverside 15
Mill Bridge, Mill Street 10
Stone Bridge, Bridge Street 1
Weir, Weir Lane 21
Watermill, Wheel Street 36
Boathouse, Oar Street 12
Lido, Bathers Walk 60
Island Park, Island Road 3
Willow Bank, Willow Street 28
Canal Junction, Towpath 77
Chestnut Hill, Chestnut Avenue 41
Orchard, Orchard Road 52
Vineyard, Vine Street 34
Windmill, Windmill Hill 9
Brickworks, Kiln Street 45
Glassworks, Furnace Road 83
Foundry, Anvil Street 26
Tannery, Leather Lane 30
Weavers, Loom Street 39
Brewery, Barrel Street 66
Stadium, Stadium Road 1
Velodrome, Track Street 58
Ice Rink, Skaters Lane 11
Zoo, Menagerie Road 25
Planetarium, Orbit Street 42
Science Park, Innovation Road 100
Fairground, Carousel Street 7
Exhibition Centre, Fair Road 300
Hilltop, Summit Street 95
Garden Suburb, Hedge Street 48
`
  .trim()
  .split('\n')
  .map((line, index) => {
    const [name = '', street = ''] = line.split(', ');
    return { id: `cafe-${String(index + 1).padStart(3, '0')}`, name, street };
  });

const byId = new Map(cafes.map((cafe) => [cafe.id, cafe]));

/** Looks up a cafe; undefined when there is none of that id. */
export const cafeOf = (id: string): Cafe | undefined => byId.get(id);

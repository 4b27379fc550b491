// The icon set: strokes on a 24 by 24 grid, coloured by the text around them.
const shapes = {
  overview: ['M4 4h7v9H4z', 'M13 4h7v5h-7z', 'M13 11h7v9h-7z', 'M4 15h7v5H4z'],
  campaigns: ['M4 6h16', 'M8 12h12', 'M12 18h8', 'M4 10v2h1', 'M8 16v2h1'],
  sales: ['M6 3h12v18l-3-2-3 2-3-2-3 2z', 'M9 8h6', 'M9 12h6'],
  teams: ['M9 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7z', 'M2.500 20c.6-4 3.200-6 6.500-6s5.900 2 6.500 6', 'M16 4.500a3.500 3.500 0 0 1 0 6.500', 'M18 14.500c2 .8 3.200 2.700 3.500 5.500'],
  accounts: ['M9 3v5', 'M15 3v5', 'M6 8h12v3a6 6 0 0 1-12 0z', 'M12 17v4'],
  rules: ['M7 4v10', 'M7 20a3 3 0 1 0 0-6 3 3 0 0 0 0 6z', 'M17 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6z', 'M17 10c0 4-3.500 5.500-7.100 6.200'],
  rates: ['M4 8h14', 'M15 5l3 3-3 3', 'M20 16H6', 'M9 13l-3 3 3 3'],
  user: ['M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8z', 'M4.500 20.500c.7-4.200 3.700-6.500 7.500-6.500s6.800 2.300 7.500 6.500'],
  jobs: ['M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z', 'M12 7v5l3.500 2'],
  settings: ['M4 7h9', 'M17 7h3', 'M15 9a2 2 0 1 0 0-4 2 2 0 0 0 0 4z', 'M4 17h3', 'M11 17h9', 'M9 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4z'],
  logout: ['M14 4H6v16h8', 'M10 12h11', 'M17.500 8.500L21 12l-3.500 3.500'],
  menu: ['M4 7h16', 'M4 12h16', 'M4 17h16'],
  search: ['M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14z', 'M16 16l4.500 4.500'],
  help: ['M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z', 'M9.500 9.300c.2-1.400 1.300-2.300 2.700-2.300 1.500 0 2.600 1 2.600 2.300 0 2-2.700 2.200-2.700 4.200', 'M12.100 17h.01'],
  close: ['M6 6l12 12', 'M18 6L6 18'],
  down: ['M6 9l6 6 6-6'],
  up: ['M6 15l6-6 6 6'],
  right: ['M9 6l6 6-6 6'],
  left: ['M15 6l-6 6 6 6'],
  plus: ['M12 5v14', 'M5 12h14'],
  check: ['M5 12.500l4.500 4.500L19 7.500'],
  alert: ['M12 4l9 16H3z', 'M12 10v4', 'M12 17h.01'],
  calendar: ['M4 6h16v14H4z', 'M4 10h16', 'M8 3v4', 'M16 3v4'],
  more: ['M5 12h.01', 'M12 12h.01', 'M19 12h.01'],
  copy: ['M9 9h11v11H9z', 'M5 15H4V4h11v1'],
  table: ['M4 5h16v14H4z', 'M4 10h16', 'M10 10v9'],
  chart: ['M4 20h16', 'M7 16v-5', 'M12 16V6', 'M17 16v-8'],
  cards: ['M4 4h7v7H4z', 'M13 4h7v7h-7z', 'M4 13h7v7H4z', 'M13 13h7v7h-7z'],
  trash: ['M5 7h14', 'M9 7V4h6v3', 'M7 7l1 13h8l1-13', 'M10.500 11v5', 'M13.500 11v5'],
  edit: ['M4 20l1-4L16 5l3 3L8 19z', 'M14 7l3 3'],
  archive: ['M4 5h16v4H4z', 'M6 9v11h12V9', 'M10 13h4'],
  restore: ['M4 12a8 8 0 1 0 2.500-5.800', 'M4 4v4.500h4.500'],
  key: ['M8 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8z', 'M12 12h9', 'M18 12v3.500', 'M15 12v2.500'],
  link: ['M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.700-5.700L12 7', 'M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.700 5.700L12 17'],
  play: ['M7 4.500v15l12-7.500z'],
  info: ['M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z', 'M12 11v5.500', 'M12 7.700h.01'],
  refresh: ['M20 12a8 8 0 1 1-2.500-5.800', 'M20 4v4.500h-4.500'],
  globe: ['M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z', 'M3 12h18', 'M12 3c3 3 3.500 6 3.500 9s-.5 6-3.500 9c-3-3-3.500-6-3.500-9s.5-6 3.500-9z'],
  lock: ['M6 11h12v9H6z', 'M8.500 11V8a3.500 3.500 0 0 1 7 0v3'],
} as const;

export type IconName = keyof typeof shapes;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" width={size} height={size} aria-hidden="true">
      {shapes[name].map((path) => (
        <path d={path} key={path} />
      ))}
    </svg>
  );
}

export function Logo({ size = 28 }: { size?: number }) {
  return (
    <svg class="logo" viewBox="0 0 32 32" width={size} height={size} aria-hidden="true">
      <rect width="32" height="32" rx="9" />
      <path d="M8 22.500V18M13.300 22.500V13.500M18.700 22.500V16M24 22.500V9.500" />
    </svg>
  );
}

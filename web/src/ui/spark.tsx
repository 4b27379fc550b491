// A small line under a number. Gaps stay gaps; one point is a dot.
interface Point {
  x: number;
  y: number;
}

const width = 200;
const height = 40;

function runs(values: readonly (number | null)[]): Point[][] {
  const present = values.filter((value) => value !== null);
  const high = Math.max(...present);
  const low = Math.min(...present);
  const spread = high - low || 1;
  const found: Point[][] = [];
  let current: Point[] = [];
  values.forEach((value, index) => {
    if (value === null) {
      current = [];
      return;
    }
    if (current.length === 0) found.push(current);
    current.push({
      x: values.length === 1 ? width / 2 : (index * width) / (values.length - 1),
      y: height - 5 - ((value - low) / spread) * (height - 12),
    });
  });
  return found;
}

const write = (points: Point[]): string =>
  points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');

export function Spark({ values, verdict }: { values: readonly (number | null)[]; verdict: string }) {
  const lines = runs(values);
  return (
    <svg class={`spark ${verdict}`} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      {lines.map((points, index) => {
        const first = points[0];
        const last = points[points.length - 1];
        if (!first || !last) return null;
        const line = points.length === 1 ? `M${first.x - 1} ${first.y}L${first.x + 1} ${first.y}` : write(points);
        return (
          <g key={index}>
            {points.length > 1 && <path class="area" d={`${line}L${last.x} ${height}L${first.x} ${height}Z`} />}
            <path class="line" d={line} />
          </g>
        );
      })}
    </svg>
  );
}

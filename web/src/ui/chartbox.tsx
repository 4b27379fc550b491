// A chart on a page: the drawing, a reading of the point under the pointer or the arrow keys, a
// description for screen readers, and the same numbers as a table.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { onThemeChange } from '../theme';
import type { ChartHandle, ChartPoint, ChartSpec } from './chart';
import { ErrorBlock } from './state';
import { t } from './i18n';

interface ChartBoxProps {
  spec: ChartSpec;
  description: string;
  asTable: boolean;
  table: ComponentChildren;
  read: (index: number) => { title: string; rows: { name: string; colour: string; text: string }[]; note?: string };
}

function Reading({ point, read, box }: { point: ChartPoint; read: ChartBoxProps['read']; box: number }) {
  const { title, rows, note } = read(point.index);
  const right = point.left > box / 2;
  const style = right ? { right: `${box - point.left + point.width / 2 + 4}px` } : { left: `${point.left + point.width / 2 + 4}px` };
  return (
    <>
      <div class="chart-band" style={{ left: `${point.left - point.width / 2}px`, width: `${point.width}px` }} />
      <div class="chart-reading" style={style}>
        <strong>{title}</strong>
        {rows.map((row) => (
          <div key={row.name}>
            <i style={{ background: `var(${row.colour})` }} />
            <span>{row.name}</span>
            <b class="num">{row.text}</b>
          </div>
        ))}
        {note !== undefined && <small>{note}</small>}
      </div>
    </>
  );
}

export function ChartBox({ spec, description, asTable, table, read }: ChartBoxProps) {
  const canvas = useRef<HTMLDivElement>(null);
  const handle = useRef<ChartHandle | null>(null);
  const latest = useRef(spec);
  const [point, setPoint] = useState<ChartPoint | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [ready, setReady] = useState(false);
  const [attempt, setAttempt] = useState(0);
  latest.current = spec;

  useEffect(() => {
    let gone = false;
    import('./chart').then(
      ({ draw }) => {
        if (gone || !canvas.current) return;
        handle.current = draw(canvas.current, latest.current, setPoint);
        setReady(true);
      },
      (error: unknown) => setFailure(error),
    );
    const unwatch = onThemeChange(() => handle.current?.update(latest.current));
    return () => {
      gone = true;
      unwatch();
      handle.current?.destroy();
      handle.current = null;
      setPoint(null);
      setReady(false);
    };
  }, [attempt]);

  useEffect(() => {
    setPoint(null);
    handle.current?.update(spec);
  }, [spec]);

  const moved = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined || !handle.current) return;
    event.preventDefault();
    const last = spec.labels.length - 1;
    const from = point?.index ?? (step > 0 ? -1 : last + 1);
    setPoint(handle.current.at(Math.max(0, Math.min(last, from + step))));
  };

  if (failure !== null) {
    return <ErrorBlock error={failure} retry={() => { setFailure(null); setAttempt(attempt + 1); }} />;
  }
  const spoken = point && read(point.index);
  return (
    <>
    <div
      class={ready ? 'chart ready' : 'chart'}
      tabIndex={0}
      role="group"
      aria-label={`${description} ${t('chart.keys')}`}
      onKeyDown={moved}
      onBlur={() => setPoint(null)}
    >
      <div class="chart-canvas" ref={canvas} aria-hidden="true" />
      {point && <Reading point={point} read={read} box={canvas.current?.clientWidth ?? 0} />}
      <span class="sr" aria-live="polite">
        {spoken && `${spoken.title}: ${spoken.rows.map((row) => `${row.name} ${row.text}`).join(', ')}`}
      </span>
    </div>
    {asTable && table}
    </>
  );
}

// The only file that knows ECharts; loaded after the numbers are on screen. It paints bars and
// lines on a canvas and tells which point the pointer is at; everything readable is page content.
import { BarChart, LineChart } from 'echarts/charts';
import { GridSimpleComponent } from 'echarts/components';
import { init, use, type ECharts } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';

use([BarChart, LineChart, GridSimpleComponent, CanvasRenderer]);

export interface ChartSeries {
  name: string;
  colour: string; // a token: --accent
  shape: 'bar' | 'line';
  values: (number | null)[];
}
export interface ChartSpec {
  labels: string[];
  series: ChartSeries[];
  unfinished: boolean; // the last point may still grow
  axis: (value: number) => string;
}
export interface ChartPoint {
  index: number;
  left: number; // the middle of the point's column, in pixels
  width: number;
}
export interface ChartHandle {
  update: (spec: ChartSpec) => void;
  at: (index: number) => ChartPoint;
  destroy: () => void;
}

const reduced = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;

function token(element: Element, name: string): string {
  return getComputedStyle(element).getPropertyValue(name).trim();
}

function barSeries(one: ChartSeries, spec: ChartSpec, colour: string, still: string) {
  const last = one.values.length - 1;
  return {
    type: 'bar' as const,
    name: one.name,
    barMaxWidth: 34,
    barGap: '18%',
    barCategoryGap: '32%',
    itemStyle: { color: colour, borderRadius: [5, 5, 0, 0] },
    data: one.values.map((value, index) =>
      spec.unfinished && index === last
        ? { value, itemStyle: { opacity: 0.55, borderColor: still, borderWidth: 1, borderType: 'dashed' as const } }
        : { value },
    ),
  };
}

// A line's unfinished end is a second, dashed line over its last stretch.
function lineSeries(one: ChartSeries, spec: ChartSpec, colour: string, surface: string) {
  const last = one.values.length - 1;
  const alone = one.values.filter((value) => value !== null).length === 1;
  const split = spec.unfinished && last > 0;
  const stroke = (values: (number | null)[], dashed: boolean) => ({
    type: 'line' as const,
    name: one.name,
    showSymbol: alone || one.values.length <= 16,
    symbol: 'circle',
    symbolSize: 7,
    lineStyle: { width: 2.2, color: colour, type: dashed ? [5, 5] : ('solid' as const), opacity: dashed ? 0.8 : 1 },
    itemStyle: dashed ? { color: surface, borderColor: colour, borderWidth: 2 } : { color: colour, borderColor: surface, borderWidth: 2 },
    areaStyle: { color: colour, opacity: dashed ? 0.04 : 0.08 },
    data: values,
  });
  if (!split) return [stroke(one.values, false)];
  return [
    stroke(one.values.map((value, index) => (index < last - 1 ? null : value)), true),
    stroke(one.values.map((value, index) => (index === last ? null : value)), false),
  ];
}

function option(element: Element, spec: ChartSpec) {
  const muted = token(element, '--muted');
  const line = token(element, '--line');
  const surface = token(element, '--surface');
  const fontFamily = token(element, '--font');
  const text = { color: muted, fontFamily, fontSize: 12 };
  return {
    animation: !reduced(),
    animationDuration: 260,
    animationDurationUpdate: 200,
    textStyle: { fontFamily },
    grid: { left: 4, right: 8, top: 14, bottom: 4, outerBoundsMode: 'same' as const, outerBoundsContain: 'axisLabel' as const },
    xAxis: {
      type: 'category' as const,
      data: spec.labels,
      axisTick: { show: false },
      axisLine: { lineStyle: { color: line } },
      axisLabel: { ...text, hideOverlap: true, margin: 12 },
    },
    yAxis: {
      type: 'value' as const,
      splitNumber: 4,
      axisLabel: { ...text, formatter: spec.axis },
      splitLine: { lineStyle: { color: line } },
    },
    series: [
      ...spec.series.filter((one) => one.shape === 'bar').map((one) => barSeries(one, spec, token(element, one.colour), muted)),
      ...spec.series
        .filter((one) => one.shape === 'line')
        .flatMap((one) => lineSeries(one, spec, token(element, one.colour), surface)),
    ],
  };
}

function pointAt(chart: ECharts, count: number, index: number): ChartPoint {
  const middle = (at: number): number => Number(chart.convertToPixel({ xAxisIndex: 0 }, at));
  const left = middle(index);
  const width = count > 1 ? Math.abs(middle(1) - middle(0)) : chart.getWidth() / 2;
  return { index, left, width };
}

export function draw(
  element: HTMLElement,
  first: ChartSpec,
  onPoint: (point: ChartPoint | null) => void,
): ChartHandle {
  const chart = init(element, null, { renderer: 'canvas' });
  let spec = first;
  chart.setOption(option(element, spec));
  const resized = new ResizeObserver(() => chart.resize());
  resized.observe(element);
  chart.getZr().on('mousemove', ({ offsetX, offsetY }) => {
    const [at] = chart.convertFromPixel({ xAxisIndex: 0, yAxisIndex: 0 }, [offsetX, offsetY]);
    const index = Math.round(at ?? -1);
    onPoint(index >= 0 && index < spec.labels.length ? pointAt(chart, spec.labels.length, index) : null);
  });
  chart.getZr().on('globalout', () => onPoint(null));
  return {
    update: (next) => {
      spec = next;
      chart.setOption(option(element, spec), { notMerge: true });
    },
    at: (index) => pointAt(chart, spec.labels.length, index),
    destroy: () => {
      resized.disconnect();
      chart.dispose();
    },
  };
}

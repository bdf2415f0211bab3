// The viewer: NiiVue with our windows and layers. Points are RAS millimetres of the scan.
/* global niivue */

export const WINDOWS = { brain: [0, 80], calcium: [-60, 400], bone: [-500, 1500] };
const PLANES = { axial: 0, coronal: 1, sagittal: 2, all: 3, render: 4 };
const CROSSHAIR = 8, MEASURE = 2;
export const COLOURS = { ectopic: [213, 94, 0], indeterminate: [240, 228, 66], age_related: [86, 180, 233], vascular: [204, 121, 167], physiologic: [0, 158, 115] };
const SETS = {
  straight: ["viewer/head.nii.gz", "viewer/head_deposits.nii.gz", "viewer/head_sites.nii.gz"],
  native: ["viewer/scan.nii.gz", "deposits.nii.gz", "sites.nii.gz"],
  earlier: ["pair/earlier.nii.gz", "pair/outlines.nii.gz", "pair/difference.nii.gz"],
  later: ["pair/later.nii.gz", "pair/outlines.nii.gz", "pair/difference.nii.gz"],
};

export function canShow() {
  return !!document.createElement("canvas").getContext("webgl2");
}

// Without a graphics processor a 3-D view takes seconds to draw: then it is shown when asked for, and not beside the sections.
function isSlow() {
  const gl = document.createElement("canvas").getContext("webgl2"), told = gl?.getExtension("WEBGL_debug_renderer_info");
  return /swiftshader|llvmpipe|software/i.test(told ? gl.getParameter(told.UNMASKED_RENDERER_WEBGL) : "");
}

export class Viewer {
  constructor(canvas, id, { told, chosen, base = `/api/cases/${id}/files/` }) {
    this.id = id;
    this.base = base;
    this.canvas = canvas;
    this.shown = { deposits: true, sites: false };
    this.window = "brain";
    this.told = told;
    this.kinds = new Map();
    this.nv = new niivue.Niivue({
      show3Dcrosshair: true, backColor: [0, 0, 0, 1], crosshairColor: [0.35, 0.75, 1, 0.9], crosshairWidth: 1, crosshairWidthUnit: "fixedPixels", crosshairGap: 6,
      isRadiologicalConvention: true, sagittalNoseLeft: true, dragAndDropEnabled: false, logLevel: "error", multiplanarShowRender: isSlow() ? 0 : 1, multiplanarLayout: 2,
      fontColor: [0.75, 0.75, 0.75, 1], loadingText: "", sliceType: PLANES.all, dragMode: 3, isCornerOrientationText: false, viewModeHotKey: "", clipPlaneHotKey: "", cycleClipPlaneHotKey: "",
      rulerColor: [0.35, 0.75, 1, 1], rulerWidth: 2, meshThicknessOn2D: 0,
    });
    this.nv.onLocationChange = () => { const mm = this.here(); this.told(this.words(mm)); const n = this.labelAt(1, mm); if (n && this.clicked) chosen(n); this.clicked = false; };
    canvas.viewer = this;
    canvas.addEventListener("pointerdown", () => { this.clicked = true; });
    canvas.addEventListener("pointermove", (event) => this.hover(event));
  }

  async open(set, kinds) {
    this.kinds = kinds;
    if (!this.attached) { await this.nv.attachToCanvas(this.canvas); this.attached = true; }
    const keep = this.nv.volumes.length ? this.here() : null;
    const [low, high] = WINDOWS[this.window];
    await this.nv.loadVolumes(SETS[set].map((name, i) => ({
      url: this.base + name, name: name.replaceAll("/", "_"), colormap: "gray", opacity: i ? 0 : 1, ...(i ? {} : { cal_min: low, cal_max: high }),
    })));
    this.dress(this.nv.volumes[2]);
    this.recolour(kinds);
    if (keep) this.fly(keep);
    this.canvas.dataset.ready = set;
  }

  // The third layer: the sites, each in a colour of its own.
  dress(volume) { volume.setColormapLabel(siteColours()); }

  // Colours follow the kinds as they are now; what was rejected is not shown.
  recolour(kinds) {
    const told = JSON.stringify([...kinds]), volume = this.nv.volumes[1];
    if (!volume || (volume === this.coloured?.volume && told === this.coloured.told)) return;
    this.coloured = { volume, told };
    this.kinds = kinds;
    const most = Math.max(1, ...kinds.keys());
    const map = { R: [0], G: [0], B: [0], A: [0], I: [0], labels: [""] };
    for (let n = 1; n <= most; n++) {
      const colour = COLOURS[kinds.get(n)] ?? [0, 0, 0];
      map.R.push(colour[0]); map.G.push(colour[1]); map.B.push(colour[2]); map.A.push(kinds.has(n) ? 200 : 0); map.I.push(n); map.labels.push(`deposit ${n}`);
    }
    volume.setColormapLabel(map);
    this.layers();
  }

  layers() {
    if (this.nv.volumes.length < 3) return;
    this.nv.volumes[1].opacity = this.shown.deposits ? 0.75 : 0;
    this.nv.volumes[2].opacity = this.shown.sites ? this.thirdOpacity ?? 0.35 : 0;
    this.nv.updateGLVolume();  // once: without a graphics processor it takes seconds
  }

  setWindow(name) {
    this.window = name;
    const volume = this.nv.volumes[0];
    if (!volume) return;
    [volume.cal_min, volume.cal_max] = WINDOWS[name];
    this.nv.updateGLVolume();
  }

  setPlane(name) { this.nv.setSliceType(PLANES[name]); }

  setMeasure(on) { this.nv.opts.dragModePrimary = on ? MEASURE : CROSSHAIR; this.nv.opts.dragMode = on ? MEASURE : 3; }

  // "true": by the volume's own affine; NiiVue's default leaves its slant out, which is off by millimetres in a turned head.
  fly(ras) {
    this.nv.scene.crosshairPos = this.nv.mm2frac([...ras], 0, true);
    this.nv.drawScene();
    this.nv.createOnLocationChange();
  }

  here() { return [...this.nv.frac2mm(this.nv.scene.crosshairPos, 0, true)].slice(0, 3); }

  valueAt(i, mm) {
    const volume = this.nv.volumes[i];
    if (!volume) return null;
    const vox = volume.mm2vox([...mm].slice(0, 3));
    const dims = volume.dimsRAS;
    if (!dims || vox.some((v, k) => v < 0 || v >= dims[k + 1])) return null;
    return volume.getValue(vox[0], vox[1], vox[2], 0);
  }

  labelAt(i, mm) { const v = this.valueAt(i, mm); return v ? Math.round(v) : 0; }

  words(mm) {
    const hu = this.valueAt(0, mm);
    if (hu === null) return "";
    const number = this.labelAt(1, mm), site = this.labelAt(2, mm);
    const parts = [`${Math.round(hu)} HU`, site ? siteName(site) : "outside the named sites"];
    if (number && this.kinds.has(number)) parts.push(`deposit ${number}`);
    parts.push(`${mm[0] < 0 ? "left" : "right"} ${Math.abs(mm[0]).toFixed(0)}, ${mm[1] < 0 ? "back" : "front"} ${Math.abs(mm[1]).toFixed(0)}, ${mm[2] < 0 ? "down" : "up"} ${Math.abs(mm[2]).toFixed(0)} mm`);
    return parts.join(" · ");
  }

  hover(event) {
    if (!this.nv.volumes.length) return;
    const box = this.canvas.getBoundingClientRect(), dpr = this.nv.uiData?.dpr ?? window.devicePixelRatio;
    const frac = this.nv.canvasPos2frac([(event.clientX - box.left) * dpr, (event.clientY - box.top) * dpr]);
    if (!frac || frac[0] < 0) return;
    const mm = this.nv.frac2mm(frac, 0, true), from = this.here();
    const away = Math.hypot(mm[0] - from[0], mm[1] - from[1], mm[2] - from[2]);
    this.told(`${this.words(mm)} · ${away.toFixed(1)} mm from the crosshair`);
  }
}

const SITES = [];
export function nameSites(sites) { SITES.splice(0, SITES.length, ...sites); }
function siteName(index) {
  const site = SITES[Math.floor((index - 1) / 3)], side = ["left", "right", "midline"][(index - 1) % 3];
  return site ? `${side === "midline" ? "" : `${side} `}${site.replaceAll("_", " ")}` : `site ${index}`;
}

// Neighbouring numbers get colours far apart; the left and right of a site the same.
function siteColours() {
  const map = { R: [0], G: [0], B: [0], A: [0], I: [0], labels: [""] };
  for (let index = 1; index <= 78; index++) {
    const hue = (Math.floor((index - 1) / 3) * 137.5) % 360, [r, g, b] = rgb(hue);
    map.R.push(r); map.G.push(g); map.B.push(b); map.A.push(150); map.I.push(index); map.labels.push(siteName(index));
  }
  return map;
}

function rgb(hue) {
  const f = (n) => { const k = (n + hue / 60) % 6; return Math.round(255 * (0.95 - 0.6 * Math.max(0, Math.min(k, 4 - k, 1)))); };
  return [f(5), f(3), f(1)];
}

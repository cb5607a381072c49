"""Light, weather, sensors and mounts, made of real clips by ffmpeg: variants of annotated footage.

Nobody has annotated a camera that switches to infrared while people walk past it, so the bench makes one of a clip
that is annotated. The people are real and the disturbance is not: what comes of it says how the veil reacts, not how
often that happens. Figures of these are never mixed with those of the clips themselves.

Nothing here is kept: clips and annotations lie in a directory that the caller throws away.
"""

import subprocess
from dataclasses import dataclass, field
from math import pi, sin
from pathlib import Path

SECONDS = 40  # of the clip, where it is longer


@dataclass(frozen=True)
class Variant:
    """`filters` is an ffmpeg filter graph from [in] to [out]; people move as `moved` says."""
    clip: str
    name: str
    filters: str
    moved: callable = lambda frame, box: (frame, box)  # (frame from 0, (x, y, w, h)) -> the same; None: not in it
    encode: tuple = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "20")
    repeats: callable = field(default=lambda frame: [frame])  # frames of the variant that show this frame
    seconds: int = SECONDS

    @property
    def file_name(self):
        return f"{self.clip}-{self.name}"


def gain(law):
    """Light by the factor `law`, an expression of t: luma above black times it, clipped as a sensor clips.
    The gamma makes eq take its exact path: the other one rounds to steps of 1 %."""
    return f"eq=eval=frame:gamma=1.0001:contrast='{law}':brightness='(({law})-1)*0.437'"


def noise(sigma):
    return f"noise=c0s={round(sigma * 3 ** 0.5)}:c0f=t"


def scaled(x, y, left=0, top=0):
    return lambda frame, box: (frame, ((box[0] - left) * x, (box[1] - top) * y, box[2] * x, box[3] * y))


def sway(amplitude, rate):
    """A mast in the wind: (x, y) in pixels at a frame, as ffmpeg writes it and as we count it."""
    def at(frame):
        t = frame / rate
        return (amplitude * (0.6 * sin(2 * pi * 0.9 * t) + 0.4 * sin(2 * pi * 2.3 * t + 1)),
                amplitude * 0.5 * sin(2 * pi * 1.4 * t + 2))
    time = f"(on/{rate})"
    x = f"({amplitude}*(0.6*sin(2*PI*0.9*{time})+0.4*sin(2*PI*2.3*{time}+1)))"
    y = f"({amplitude}*0.5*sin(2*PI*1.4*{time}+2))"
    corners = ":".join(f"x{i}={x}+{i % 2}*W:y{i}={y}+{i // 2}*H" for i in range(4))
    return (f"perspective=eval=frame:interpolation=cubic:{corners}",
            lambda frame, box: (frame, (box[0] - at(frame)[0], box[1] - at(frame)[1], box[2], box[3])))


SHAKE_1, SHAKEN_1 = sway(1, 10)
SHAKE_3, SHAKEN_3 = sway(3, 10)

# Dusk in six seconds; then the camera takes its infrared filter away, switches to grey and lights the middle itself.
NIGHT = (f"[in]{gain('if(lt(t,10),1,max(0.35,1-(t-10)*0.11))')}:enable='lt(t,16)'[dusk];"
         "[dusk]eq=contrast=0.85:brightness=0.08:enable='gte(t,16)',hue=s=0:enable='gte(t,16)',"
         f"vignette=a=PI/4.2:enable='gte(t,16)',{noise(5)}:enable='gte(t,16)'[out]")
INFRARED = f"[in]hue=s=0,eq=contrast=0.85:brightness=0.08,vignette=a=PI/4.2,{noise(5)}[out]"
# Each picture has streaks of its own: at ten pictures a second no drop is seen twice.
RAIN = ("color=black:s=768x576:r=10,format=yuv420p,noise=c0s=50:c0f=t,lutyuv=y='if(gt(val,{threshold}),255,0)',"
        "avgblur=sizeX=1:sizeY=9:planes=1,lutyuv=y='clip(val*12,0,255)'[rain];"
        "[in][rain]blend=shortest=1:c0_mode=screen:c0_opacity=0.45[out]")
# Flakes that keep their places in a field that falls by 14 pixels a picture, and a nearer one, twice as fast.
SNOW = ("color=black:s=768x576:r=10,format=yuv420p,noise=c0s=50:c0_seed=3,lutyuv=y='if(gt(val,104),255,0)',"
        "gblur=sigma=1.3:planes=1,lutyuv=y='clip(val*8,0,255)',split[s1][s2];[s1]scroll=v=-0.0243:h=0.004[far];"
        "[s2]scroll=v=-0.0521:h=-0.009,hflip[near];[far][near]blend=c0_mode=lighten[snow];"
        "[in][snow]blend=shortest=1:c0_mode=screen:c0_opacity=0.8[out]")
# Light of 65 to 100 % in patches of a quarter of the picture, drifting by so many shares of it a picture.
CLOUDS = ("color=gray:s=4x3:r=10,format=yuv420p,noise=c0s=100:c0_seed=7,lutyuv=y='clip(210+(val-128)*0.8,166,255)',"
          "split[q1][q2];[q2]hflip[q3];[q1][q3]hstack,split[h1][h2];[h2]vflip[h3];[h1][h3]vstack,"
          "scale=1536x1152:flags=bicubic,scroll=h={speed}:v=0.001,crop=768:576:0:0[sky];"
          "[in][sky]blend=shortest=1:c0_mode=multiply[out]")


def bumped(x, y):
    """From the 20th second on the camera looks at another part of the scene, so many pixels away."""
    return (f"[in]crop=640:480:x='if(lt(n,200),20,{20 + x})':y='if(lt(n,200),10,{10 + y})':exact=1[out]",
            lambda frame, box: scaled(1, 1, *((20, 10) if frame < 200 else (20 + x, 10 + y)))(frame, box))


VARIANTS = [
    Variant("vtest", "night-switch", NIGHT),
    Variant("vtest", "infrared", INFRARED),
    Variant("vtest", "exposure-hunting", f"[in]{gain('1+0.2*sin(2*PI*t/3)')}[out]"),
    *[Variant("vtest", f"gain-step-{step}", f"[in]{gain(f'if(lt(mod(t,20),10),1,{step})')}[out]")
      for step in ("1.1", "1.5", "0.6", "0.25")],
    Variant("vtest", "gain-ramp-1.5", f"[in]{gain('1+0.5*clip((t-10)/3,0,1)')}[out]"),
    Variant("vtest", "flashes", f"[in]{gain('if(lt(mod(t,4),0.1),1.8,1)')}[out]"),
    Variant("vtest", "white-balance", f"[in]hue=h='25*sin(2*PI*t/8)':s='1+0.4*sin(2*PI*t/5)',{gain('1+0.1*sin(2*PI*t/8)')}[out]"),
    Variant("vtest", "rain", RAIN.format(threshold=100)),
    Variant("vtest", "rain-heavy", RAIN.format(threshold=84)),
    Variant("vtest", "snow", SNOW),
    Variant("vtest", "noise", f"[in]{noise(6)}[out]"),
    Variant("vtest", "noise-night", f"[in]{gain('0.5')},{noise(14)}[out]"),
    Variant("vtest", "crf-40", "[in]null[out]", encode=("-c:v", "libx264", "-preset", "veryfast", "-crf", "40")),
    Variant("vtest", "h265-100k", "[in]null[out]",
            encode=("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error:keyint=50", "-b:v", "100k")),
    Variant("vtest", "fog", "[in]eq=eval=frame:contrast='1-0.65*clip((t-8)/15,0,1)':brightness='0.1*clip((t-8)/15,0,1)'[out]"),
    Variant("vtest", "clouds", CLOUDS.format(speed="0.004")),
    Variant("vtest", "clouds-fast", CLOUDS.format(speed="0.02")),
    Variant("vtest", "shake-1px", f"[in]{SHAKE_1}[out]", SHAKEN_1),
    Variant("vtest", "shake-3px", f"[in]{SHAKE_3}[out]", SHAKEN_3),
    Variant("vtest", "bumped", *bumped(80, 60)),
    Variant("vtest", "bumped-slightly", *bumped(8, 5)),
    Variant("vtest", "320x240", "[in]scale=320:240:flags=area[out]", scaled(320 / 768, 240 / 576)),
    Variant("vtest", "1280x720", "[in]crop=768:432:0:100,scale=1280:720:flags=bicubic[out]", scaled(5 / 3, 5 / 3, 0, 100)),
    Variant("vtest", "2fps", "[in]framestep=5[out]", repeats=lambda frame: [frame // 5] if frame % 5 == 0 else [],
            seconds=80),
    Variant("vtest", "5fps", "[in]framestep=2[out]", repeats=lambda frame: [frame // 2] if frame % 2 == 0 else [],
            seconds=80),
    Variant("vtest", "25fps-repeated", "[in]fps=25:round=down[out]",
            repeats=lambda frame: [n for n in range(frame * 5 // 2, frame * 5 // 2 + 4) if n * 2 // 5 == frame], seconds=20),
    Variant("kitti-17", "noise", f"[in]{noise(6)}[out]"),
    Variant("kitti-17", "exposure-hunting", f"[in]{gain('1+0.2*sin(2*PI*t/3)')}[out]"),
    Variant("tud-campus", "infrared", INFRARED),
    Variant("tud-campus", "crf-40", "[in]null[out]", encode=("-c:v", "libx264", "-preset", "veryfast", "-crf", "40")),
]


def moved_truth(variant, truth, frames):
    lines = []
    for line in truth.read_text().splitlines():
        columns = line.split(",")
        frame, box = variant.moved(int(columns[0]) - 1, tuple(map(float, columns[2:6])))
        for shown in variant.repeats(frame):
            if shown < frames:
                lines.append(",".join([str(shown + 1), columns[1], *(f"{value:.2f}" for value in box), *columns[6:]]))
    return "\n".join(lines) + "\n"


def count_frames(clip):
    out = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v:0", "-count_packets", "-show_entries",
                          "stream=nb_read_packets", "-of", "csv=p=0", clip], check=True, capture_output=True, text=True)
    return int(out.stdout.strip().rstrip(","))


def make(variant, clip, truth, folder):
    """Writes the variant of `clip` and its annotation into `folder`; returns both paths."""
    out = Path(folder) / f"{variant.file_name}.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-t", str(variant.seconds), "-i", clip, "-filter_complex",
                    variant.filters.replace("[in]", "[0:v]"), "-map", "[out]", "-an", *variant.encode,
                    "-pix_fmt", "yuv420p", out], check=True)
    annotation = out.with_suffix(".gt.txt")
    annotation.write_text(moved_truth(variant, truth, count_frames(out)))
    return out, annotation

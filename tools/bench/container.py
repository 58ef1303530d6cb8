"""The native container, measured: decoding, sizes, and a second out of a long trace."""
import json
import os
import subprocess


def decoding(bench_dir, name, native):
    """What bench_trace says of a native trace: CPU per way of reading it, best of three."""
    rounds = [subprocess.run([f'{bench_dir}/bench_trace', native, '10'], capture_output=True, text=True,
                             check=True).stdout.splitlines() for _ in range(3)]
    for lines in zip(*rounds):
        print(f'{name:12}', min(lines, key=lambda line: float(line[24:].split()[0])))


def overhead(bin_dir, name, native):
    """Everything in the file that is neither an event nor a list."""
    info = json.loads(subprocess.run([f'{bin_dir}/scap', 'info', '--json', native], capture_output=True,
                                     check=True).stdout)
    size = info['size']
    extra = size['total'] - size['events'] - size['lists']
    print(f'{name:12} {len(info["segments"])} segments; snapshots {size["snapshots"]} B, filters {size["filters"]} B, '
          f'other {size["other"]} B: {extra / size["total"]:.2%} of the file')
    return info


def long_trace(bin_dir, bench_dir, work, traces, median, size=10 ** 9):
    """A trace of one GB (plain) made of the given ones: converting it, and one second out of it."""
    plain, native = os.path.join(work, 'long.scap'), os.path.join(work, 'long.skr')
    subprocess.run([f'{bench_dir}/bench_grow', plain, str(size), *traces], check=True, stdout=subprocess.DEVNULL)
    ours = median([f'{bin_dir}/scap', 'convert', plain, native])[0]
    theirs = median(['zstd', '-3', '-q', '-f', '--single-thread', plain, '-o', plain + '.zst'])[0]
    print(f'long         {os.path.getsize(plain) / 1e9:.2f} GB: native {os.path.getsize(native)} B = '
          f'{os.path.getsize(native) / os.path.getsize(plain + ".zst"):.3f} of zstd -3; CPU {ours / theirs:.2f} of zstd -3')
    os.unlink(plain)
    os.unlink(plain + '.zst')
    info = overhead(bin_dir, 'long', native)
    whole = median([f'{bin_dir}/replay', '-o', 'none', '-q', '-j', '1', native])
    seconds = info['duration_ns'] // 10 ** 9
    walls = sorted(median([f'{bin_dir}/replay', '-o', 'none', '-q', '-j', '1', f'--from=+{at}s', f'--to=+{at + 1}s', native])[1]
                   for at in range(0, seconds, max(1, seconds // 8)))
    print(f'long         one second of {seconds}: {walls[len(walls) // 2] * 1e3:.0f} ms, at most {walls[-1] * 1e3:.0f} ms; '
          f'all of it {whole[1] * 1e3:.0f} ms')
    return native

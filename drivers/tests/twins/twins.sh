# What a shell on a small system does (busybox), for driver_twins: files, pipes, processes, sockets,
# users, namespaces.
cd /tmp || exit 1
mkdir -p work/deep/er && cd work || exit 1
for i in 1 2 3 4 5; do echo "line $i" >>log; done
sort log | uniq -c | awk '{ print $2 }' >sorted
cp log copy; mv copy deep/er/copy; ln deep/er/copy hard; ln -s hard soft; cat soft >/dev/null
chmod 4755 hard; chown 1000:1000 hard; touch -d @1 hard
tar cf all.tar deep log && tar tf all.tar >/dev/null && gzip all.tar
find / -maxdepth 2 -name '*o*' >/dev/null 2>&1
ls -la /proc/self/fd /etc >/dev/null; cat /proc/self/status /proc/mounts >/dev/null
grep -r root /etc >/dev/null 2>&1
(sleep 1; echo late) | cat >/dev/null &
nc -l -p 4711 </dev/null >heard & listener=$!
sleep 0.3; echo hello | nc 127.0.0.1 4711; kill $listener 2>/dev/null
nc -w 1 127.0.0.1 9 </dev/null
ping -c 1 -W 1 127.0.0.1 >/dev/null 2>&1
wget -q -O /dev/null -T 1 http://127.0.0.1:81/ 2>/dev/null
mount -t tmpfs none deep && umount deep
unshare -m -u -n sh -c 'hostname ghost; true' 2>/dev/null
sh -c 'kill -TERM $$'; sh -c 'kill -SEGV $$'
/no/such/program 2>/dev/null; ./log 2>/dev/null
dd if=/dev/zero of=big bs=65536 count=40 2>/dev/null
wait
cd / && rm -rf /tmp/work

"""What the README.txt of a bundle says, in both languages."""

__all__ = ["README"]

README = """\
Davy: evidence to take away / Davy 证据包

1. Unpack the whole ZIP into a folder of its own.
2. Have Python 3.9 or newer (python.org). Nothing else is needed, and no network.
3. Open a terminal in that folder (Windows: right-click in it, "Open in Terminal") and type

    python verify.py

   Where that is not found, it is called python3 or, on Windows, py.

It proves that nothing in here was changed since it was packed. "This bundle holds" means so; else
each line that begins with FAULT names what was changed, is missing or does not belong. Compare the
key that it prints with the one that the mine gave you by another way:
    python verify.py --key KEY
A receipt of a download is proved in the same way, with the file that it is about:
    python verify.py RECEIPT.txt --key KEY --file FILE

Whoever sent you this could have changed verify.py as well. If you doubt the sender, do not run
the one in here: the mine's ledger page hands it out with its SHA-256, so that the mine can give
you both by another way, as it gives KEY. Run that one on the bundle, from a folder of its own:
    python -I verify.py BUNDLE.zip --key KEY

请先将整个 ZIP 解压到单独的文件夹，在该文件夹中打开终端（Windows：右键，“在终端中打开”），运行
python verify.py（找不到时用 python3，Windows 上用 py），即可离线验证：打包之后内容未被改动。
只需 Python 3.9 或更新版本。
显示 This bundle holds 表示完好；否则每个以 FAULT 开头的行指出一处问题：was changed 为被改动，
is missing 为缺失，does not belong 为不属于本证据包。
请将其显示的公钥与矿方通过其他途径提供的公钥核对。
下载回执可用同样方式核对：python verify.py RECEIPT.txt --key KEY --file FILE
发送者也可能改动了包内的 verify.py。若对发送者存疑，请勿运行包内的程序：矿方账本页面提供该程序
及其 SHA-256，矿方可像提供公钥一样通过其他途径给您。请在单独的文件夹中运行：
    python -I verify.py BUNDLE.zip --key KEY

bundle.json        what lies in here, each file with its SHA-256; known gaps; the purpose
bundle.sig         the mine's signature over bundle.json
ledger.jsonl       the mine's chained record from the first act about these alarms to a signed root;
                   acts about something else are there by their digest alone
roots.json         the signed roots of that stretch, the mine's public keys, and the handovers that
                   tie each key to the next
                   该段链的签名根、矿方公钥，以及各密钥之间的签名交接记录
stamps/            where the mine has asked an authority outside of it (RFC 3161): root-N.json is
                   the root of link N as in roots.json, root-N.tsr the authority's word of when it
                   was there. verify.py proves that they belong together. The authority's
                   signature is proved with its CA certificate, which the authority publishes:
                   openssl ts -verify -in stamps/root-N.tsr -data stamps/root-N.json -CAfile CA.pem
                   外部时间戳机构（RFC 3161）对链根的签名；用上面的 openssl 命令和该机构公布的
                   CA 证书核对
alarms/N/          the alarm with all its steps, its snapshot, its clips with their manifests;
                   clip-covered.mp4 is a copy with people blurred and masks filled; covered.json
                   names the hash of the clip that it was made of, which stays in the mine;
                   chunks.json proves with the ledger what was recorded, chunk by chunk;
                   findings.json tells what was found when, and where in the picture,
                   boxes.json where people and vehicles were in each picture that was analysed
                   (boxes-covered.json: a copy without those of what masks hide);
                   recorded_masked in a manifest, and in bundle.json, says in how many chunks masks
                   were filled before they were recorded: what those hide is recorded nowhere
                   recorded_masked 说明有多少片段在录像前已填充遮罩，被遮住的内容从未录下
                   snapshot-marked.jpg (or -covered-marked.jpg) is a copy with that drawn in;
                   timeline-en.pdf and timeline-zh.pdf tell all of it on paper
                   timeline-en.pdf、timeline-zh.pdf 为可打印的事件时间线
clips/ID/          a video that belongs to no alarm here, with the same files beside it
                   不属于上述报警的视频，附相同的说明文件
"""

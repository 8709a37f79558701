#!/usr/bin/env bash
# Packs the libraries and checks that an app which only references a package builds, runs and publishes with a TorchSharp that loads.
# Takes about a minute and 600 MB under the temporary folder; what is not packed here comes from the package cache or the registry.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cache=${NUGET_PACKAGES:-$HOME/.nuget/packages}
version=0.1.0-verify.$(date +%s)

echo "== pack $version"
dotnet pack MLNetAttn.sln -c Release -v:q -p:Version="$version" -o "$work/feed" --artifacts-path "$work/artifacts"
for package in Modeling Transforms Estimators Pipelines; do
    [[ -f $work/feed/MLNetAttn.$package.$version.nupkg && -f $work/feed/MLNetAttn.$package.$version.snupkg ]]
done

# The packages packed above go to a folder of their own; all others are used where they are.
export NUGET_PACKAGES=$work/packages
mkdir "$work/app"
cat > "$work/app/nuget.config" <<END
<configuration>
  <packageSources><add key="packed" value="$work/feed" /></packageSources>
  <fallbackPackageFolders><add key="cache" value="$cache" /></fallbackPackageFolders>
</configuration>
END
cat > "$work/app/Program.cs" <<'END'
System.Console.WriteLine($"torch says {TorchSharp.torch.ones(2).sum().item<float>()}");
END
native=runtimes/linux-x64/native/libLibTorchSharp.so

# One package has the build step itself, the other one reaches it through its dependencies.
for package in MLNetAttn.Modeling MLNetAttn.Pipelines; do
    echo "== an app that references $package"
    cat > "$work/app/App.csproj" <<END
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>net10.0</TargetFramework>
    <OutputType>Exe</OutputType>
    <RuntimeIdentifier>linux-x64</RuntimeIdentifier>
    <SelfContained>false</SelfContained>
    <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
    <CreateHardLinksForCopyLocalIfPossible>true</CreateHardLinksForCopyLocalIfPossible>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="$package" Version="$version" />
    <PackageReference Include="TorchSharp-cpu" Version="0.107.0" />
  </ItemGroup>
</Project>
END
    rm -rf "$work/app/bin" "$work/app/obj" "$work/published"
    dotnet run --project "$work/app" | grep -x 'torch says 2'
    dotnet build "$work/app" -v:n | grep 'Skipping target "WeakenTorchSharpNative"'
    dotnet publish "$work/app" -v:q -o "$work/published"
    "$work/published/App" | grep -x 'torch says 2'
    dotnet build "$work/app" -v:q -p:TorchSharpNativeFix=never
    original=$(find "$cache" "$NUGET_PACKAGES" -path "*/torchsharp/0.107.0/$native" -print -quit)
    cmp "$original" "$work/app/bin/Debug/net10.0/linux-x64/libLibTorchSharp.so"
done
echo 'The packages work.'
